"""What holds issues, comments, labels and reactions. `base` is the port, `memory` its manual; adapters have folders."""
