"""Archives of other people's."""
