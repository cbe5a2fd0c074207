"""An object and its log, read together. Nothing here writes. Begin with `reader`."""
