"""One object brought up to date, whatever crashes or races. Begin with `processor`."""
