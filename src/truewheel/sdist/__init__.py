"""SOURCE DISTRIBUTIONS: tar and gzip read strictly, and written in one way only."""
