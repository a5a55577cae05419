"""Votes on whether leverage made a move or news did: one look a file, each sees and speaks for itself."""
