"""GitHub's REST API for issues over the embedded backend: for tests, and for work without a network."""
