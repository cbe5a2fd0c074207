"""HTTP over what is served: pure functions from a request to a response, and a thin ASGI shell around them (`app`)."""
