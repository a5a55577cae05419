"""One idea a file: what it sees, its formula's source, its blind spot. Signals do not know each other."""
