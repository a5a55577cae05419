"""Brings days of the archive that Binance publishes of its own markets, each file held against its checksum."""
