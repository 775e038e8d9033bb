"""`repair` from end to end: real wheels and small ones, installed, loaded, and held beside what the peers make."""
