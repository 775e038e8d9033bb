"""A build backend around another one (PEP 517, PEP 660): what it builds is canonical, and the same everywhere."""
