"""An object as an issue: what its title, body and labels say, how it is found, and how it is written."""
