"""Pages of a site in the browser: when they are ready, and how they are without script."""

PATH = "/open-data/"
READY = "document.querySelector('#objects th button')"
OBJECT = "document.querySelector('#tools button')"
VERSION = "document.querySelector('#version')?.textContent"


def plain(page, url):
    """Open a page without script; what the tests ask runs after it is loaded."""
    page.script(on=False)
    page.open(url)
    page.script(on=True)
