"""The verbs of all objects: list, sweep, snapshot."""
