"""From events to staged alerts. The core (kernel, stats, signals, stages, engine) reads no clock and does no I/O."""
