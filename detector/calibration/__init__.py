"""What a market is in the calm, measured on a quiet recording: so that rules see from the first second. Pure."""
