"""The editing of PE files, proven by linkers, a loader and readers that others wrote."""
