"""Other programs' published rules, written from their descriptions: what they say of the events that we see. Pure."""
