"""Tests of the readers and editors of native files."""
