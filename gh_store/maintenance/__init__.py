"""Looking after a store: verify, repair, adopt."""
