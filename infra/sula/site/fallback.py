"""What a site needs and its author did not write: for lost readers, robots and models."""

from __future__ import annotations

from collections.abc import Container
from html import escape

from edgefeed.contract import Site

NOT_FOUND = "404.html"
_SOURCE = "pages/404.md"


def made_files(site: Site, content: Container[str]) -> dict[str, bytes]:
    """Files to publish beside the author's, but for those that the author wrote."""
    made = {"robots.txt": _robots(site), "llms.txt": _for_models(site)}
    if _SOURCE not in content:
        made[NOT_FOUND] = _not_found(site)
    return {name: text.encode() for name, text in made.items() if name not in content}


def _robots(site: Site) -> str:
    """All may read all (RFC 9309)."""
    return f"User-agent: *\nAllow: /\n\nSitemap: {site.absolute('/sitemap.xml')}\n"


def _for_models(site: Site) -> str:
    """What the site is and where its texts are, for language models (llmstxt.org)."""
    lines = [f"# {site.title}"]
    if site.description:
        lines.append(f"> {site.description}")
    feed = site.feeds_of()[0]
    older = "`next_url`" if feed.label == "JSON Feed" else "link `prev-archive`"
    lines.append(
        f"The feed in {feed.label} has the newest posts in full; "
        f"its {older} leads to the older ones."
    )
    links = [
        ("All posts in full", f"/{feed.file}"),
        ("All posts by year", "/archive/"),
        ("All tags", "/tags/"),
        ("Sitemap", "/sitemap.xml"),
    ]
    lines.append("## Posts")
    lines.append("\n".join(f"- [{label}]({site.absolute(path)})" for label, path in links))
    own = [link for link in site.menu if link.url.startswith("/")]
    if own:
        lines.append("## Pages")
        lines.append("\n".join(f"- [{link.label}]({site.url}{link.url})" for link in own))
    return "\n\n".join(lines) + "\n"


def _not_found(site: Site) -> str:
    """Without a 404 page the edge would answer 403."""
    style = site.assets.get("style.css", "")
    sheet = f'<link rel="stylesheet" href="/{escape(style)}">\n' if style else ""
    return f"""\
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
