"""Streaming statistics: one idea a file, O(1) an update, time as an argument, state as plain fields."""
