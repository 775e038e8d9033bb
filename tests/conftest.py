"""What every test may ask for: real wheels, pinned by sha256 and fetched once."""
