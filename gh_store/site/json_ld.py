"""The description of a site's data for search engines."""

import json
from datetime import datetime

from markupsafe import Markup

from gh_store.site.options import Options
from gh_store.site.text import stamp, visible


def dataset(
    title: str, options: Options, base: str | None, repository: str, home: str | None, changed: datetime | None
) -> Markup:
    """A `Dataset` of schema.org. Nothing in it can end the element that it stands in."""
    described = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": visible(title),
        "description": visible(options.description) or f"JSON objects of {visible(repository)}.",
        "url": base,
        "license": options.license,
        "dateModified": stamp(changed) if changed is not None else None,
        "isBasedOn": home,
        "distribution": {
            "@type": "DataDownload",
            "encodingFormat": "application/json",
            "contentUrl": f"{base}api/index.json",
        }
        if base is not None
        else None,
    }
    text = json.dumps({name: value for name, value in described.items() if value is not None}, ensure_ascii=True)
    for live in "<>&":
        text = text.replace(live, f"\\u{ord(live):04x}")
    return Markup(text)  # noqa: S704  # what HTML acts on is escaped
