"""Programs for maintainers: what they make is kept in the repository, and tests say when it is stale."""
