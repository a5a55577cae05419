"""Readers of tables: the history that users have, as CSV files of other collectors."""
