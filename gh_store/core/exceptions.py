"""The errors, at their address in the published package."""

from gh_store.domain.exceptions import *  # noqa: F403  # every one of them
