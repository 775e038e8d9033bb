"""Shared hypothesis strategies, one module per subject."""
