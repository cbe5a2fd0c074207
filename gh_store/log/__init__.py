"""Comments -> decisions -> state. Pure: no clock, no network, no backend. Begin with `decide`."""
