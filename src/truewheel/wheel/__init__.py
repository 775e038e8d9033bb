"""Room: wheel."""
