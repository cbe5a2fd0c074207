"""GitHub's REST API for issues, on top of the embedded backend: for tests, and for work without a network."""
