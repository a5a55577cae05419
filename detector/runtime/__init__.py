"""Where the pure engine meets the world: everything in one process, no broker."""
