"""The verbs of one object: create, update, delete."""
