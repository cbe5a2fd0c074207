"""What holds issues, comments, labels and reactions. `base` is the port; each adapter has a folder."""
