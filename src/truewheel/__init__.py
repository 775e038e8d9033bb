"""truewheel: trustworthy Python wheels."""
