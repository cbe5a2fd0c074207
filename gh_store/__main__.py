"""`gh-store` and `python -m gh_store`."""

from gh_store.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
