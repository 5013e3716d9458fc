"""What the real edge does to a response and the emulated one does not. Pure."""

from __future__ import annotations

import gzip

Headers = list[tuple[str, str]]

# What CloudFront compresses (Developer Guide, "File types that CloudFront compresses"), of
# the types that a site of ours serves, within its limits of size. Atom and JSON Feed are not
# on that list.
_COMPRESSED = frozenset({
    "text/html", "text/css", "text/javascript", "text/plain", "text/xml", "text/markdown",
    "application/javascript", "application/json", "application/xml", "application/rss+xml",
    "application/vnd.ms-fontobject", "application/wasm", "font/otf", "font/ttf", "image/svg+xml",
})  # fmt: skip
_SMALLEST, _LARGEST = 1000, 10_000_000


def header(headers: Headers, name: str) -> str:
    """A header's value; empty when there is none."""
    return next((value for key, value in headers if key.lower() == name), "")


def _media_type(headers: Headers) -> str:
    return header(headers, "content-type").partition(";")[0].strip().lower()


def is_page(headers: Headers) -> bool:
    """Whether a response is HTML."""
    return _media_type(headers) == "text/html"


def _replaced(headers: Headers, name: str, value: str) -> Headers:
    """The headers with one of them changed where it is (an empty value removes it)."""
    changed = ((key, value if key.lower() == name else old) for key, old in headers)
    return [(key, new) for key, new in changed if key.lower() != name or new]


def _weakened(headers: Headers) -> Headers:
    """Mark the ETag as weak (RFC 9110, 8.8.1): the bytes are no longer the bucket's."""
    etag = header(headers, "etag")
    weak = f"W/{etag}" if etag and not etag.startswith("W/") else etag
    return _replaced(headers, "etag", weak)


def _accepts_gzip(accepted: str) -> bool:
    """Whether an ``Accept-Encoding`` names gzip (RFC 9110, 12.5.3) and does not refuse it."""
    for part in accepted.split(","):
        coding, _, quality = part.replace(" ", "").lower().partition(";q=")
        if coding == "gzip":
            return quality.strip("0.") != "" or not quality
    return False


def compressed(headers: Headers, body: bytes, accepted: str) -> tuple[Headers, bytes]:
    """A whole response as CloudFront would compress it; unchanged where it would not."""
    if (
        not _accepts_gzip(accepted)
        or header(headers, "content-encoding")
        or _media_type(headers) not in _COMPRESSED
        or not _SMALLEST <= len(body) <= _LARGEST
    ):
        return headers, body
    headers = _replaced(_weakened(headers), "accept-ranges", "")
    headers += [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
    return headers, gzip.compress(body, 6, mtime=0)


def with_script(headers: Headers, page: bytes, src: str) -> tuple[Headers, bytes]:
    """A page that loads one more script; at its end when it never closes its body."""
    tag = f'<script src="{src}" defer></script>'.encode()
    before, closing, after = page.rpartition(b"</body>")
    page = before + tag + closing + after if closing else page + tag
    return _weakened(headers), page


def unkept(headers: Headers) -> Headers:
    """Let the browser ask each time, except for what can never change."""
    if "immutable" in header(headers, "cache-control"):
        return headers
    return [*_replaced(headers, "cache-control", ""), ("Cache-Control", "no-cache")]
