"""Issue templates, which give their labels to issues of people who may not label."""

from typing import Any

import yaml


def template_labels(text: str) -> list[str]:
    """The labels of an issue template: from the YAML of a form, or from the front matter of Markdown."""
    try:
        matter: Any = yaml.safe_load(text.split("---")[1] if text.startswith("---") else text)
    except (yaml.YAMLError, IndexError, ValueError, RecursionError):
        return []
    labels = matter.get("labels") if isinstance(matter, dict) else None
    if isinstance(labels, str):
        labels = labels.split(",")
    return [str(label).strip() for label in labels] if isinstance(labels, list) else []
