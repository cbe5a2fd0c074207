"""What goes wrong, and what people do by hand: for tests, and for the dev server."""
