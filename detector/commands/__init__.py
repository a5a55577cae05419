"""One file a command of `cascade`."""
