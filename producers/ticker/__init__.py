"""The clock of the stream: where all markets are still seen together, it says which second of event time is over."""
