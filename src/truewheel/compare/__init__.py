"""WHAT DIFFERS, AND WHY: two trees of members compared, down to sections, fields and lines."""
