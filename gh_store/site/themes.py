"""Templates of a theme, in the place of ours, and what is wrong with them."""

import traceback
from pathlib import Path

import jinja2

from gh_store.domain.exceptions import ConfigurationError
from gh_store.site.places import TEMPLATES


def loader(theme: Path | None) -> jinja2.BaseLoader:
    """Templates of a theme, then ours. Ours are also there under `gh-store/`, for templates that extend them."""
    ours = jinja2.FileSystemLoader(TEMPLATES)
    theirs = [jinja2.FileSystemLoader(theme)] if theme is not None else []
    return jinja2.ChoiceLoader([*theirs, ours, jinja2.PrefixLoader({"gh-store": ours})])


def fault_of_theme(theme: Path, error: Exception) -> ConfigurationError:
    """An error of a template, with its file and line where they are known."""
    if isinstance(error, RecursionError):
        what = "a template extends itself"
        hint = 'A template of a theme extends the one of ours with the same name as {% extends "gh-store/NAME.html" %}.'
    elif isinstance(error, UnicodeDecodeError):
        what, hint = "it is not UTF-8 text", "Save the template as UTF-8."
    else:
        what = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        hint = "Correct the template, or take it out of the theme."
        if isinstance(error, jinja2.TemplateNotFound):
            what = f"there is no template {what}"
    return ConfigurationError(f"{_place(theme, error)}: {what}.", file=theme, hint=hint)


def _place(theme: Path, error: Exception) -> str:
    if isinstance(error, jinja2.TemplateSyntaxError):
        return f"{error.filename or theme}, line {error.lineno}"
    if isinstance(error, UnicodeDecodeError):
        return str(next((file for file in theme.rglob("*.html") if file.read_bytes() == error.object), theme))
    # Jinja puts the lines of templates into the traceback.
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).is_relative_to(theme):
            return f"{frame.filename}, line {frame.lineno}"
    return str(theme)
