"""Repairs of wheels for macOS, proven by readers, checkers and installers that are not ours."""
