"""One pure file a venue."""
