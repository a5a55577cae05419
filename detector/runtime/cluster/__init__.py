"""The engine over Kafka: assets shared among workers, state that survives a kill, one market-wide stage."""
