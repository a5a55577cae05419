"""The way to Kafka: settings, the checks before anything is sent, topics."""
