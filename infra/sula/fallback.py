"""What a site needs and its author did not write: a page for addresses that lead nowhere."""

from __future__ import annotations

from collections.abc import Container
from html import escape

from edgefeed.contract import Site

NOT_FOUND = "404.html"
_SOURCE = "pages/404.md"


def made_files(site: Site, content: Container[str]) -> dict[str, bytes]:
    """Files to publish beside the author's. Without a 404 page the edge would answer 403."""
    if _SOURCE in content or NOT_FOUND in content:
        return {}
    style = site.assets.get("style.css", "")
    sheet = f'<link rel="stylesheet" href="/{escape(style)}">\n' if style else ""
    page = f"""\
<!doctype html>
<html lang="{escape(site.language)}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>404 · {escape(site.title)}</title>
{sheet}<main>
<h1>404</h1>
<p><a href="/">{escape(site.title)}</a></p>
</main>
</html>
"""
    return {NOT_FOUND: page.encode()}
