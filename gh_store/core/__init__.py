"""The addresses under which the published package has these names; nothing inside imports them."""
