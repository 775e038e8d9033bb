"""Source distributions: their archives, read and written."""
