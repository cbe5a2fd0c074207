"""Is a deployment healthy? `checks` (entry) asks; `templates`, `processors` and `summary` judge what was read."""

from gh_store.doctor.checks import Check, Doctor

__all__ = ["Check", "Doctor"]
