"""Alerts on their way to people: one desk, one worker a sink, one store."""
