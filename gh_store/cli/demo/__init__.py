"""`gh-store demo`: the store at work, on one screen, and as a page for a browser."""
