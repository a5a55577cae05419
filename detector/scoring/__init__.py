"""The detector held against what truly happened: transitions, alerts and labels in, figures out. Pure."""
