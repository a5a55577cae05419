"""The words that every part of the radar speaks: instruments, events, alerts, topics and their codec. No I/O."""
