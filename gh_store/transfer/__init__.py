"""Objects with their logs, out of one store and into another."""
