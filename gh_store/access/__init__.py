"""Who counts: whose comments are events. Begin with `authority`."""
