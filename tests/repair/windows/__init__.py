"""Wheels for Windows: made, taken apart, and imported as on Windows."""
