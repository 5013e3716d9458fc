"""``sula check --external``: whether the pages of others that posts link to are still there.

Politely: one request at a time to a host, a pause between two, few hosts side by side, a limit on
time and number; and what was fine is not asked again for a week. A host that does not want to be
asked (403, 405, 429) is not reported, as nothing was learnt.
"""

from __future__ import annotations

import http.client
import ssl
import threading
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Final
from urllib.parse import quote, urldefrag, urljoin, urlsplit

import msgspec

from sula.checks.codes import Code
from sula.content.frontmatter import Spot, split
from sula.content.gather import Checkout
from sula.content.meta import kind_of
from sula.content.sources import read_text
from sula.errors import Finding
from sula.markdown.links import column_of
from sula.markdown.parser import link_places, parse
from sula.markdown.render import Document
from sula.scratch import keep, recall

_NAME: Final = "external.cache"
_WEEK: Final = 7 * 86_400
_HOUR: Final = 3_600
_AGENT: Final = "sula-check/1 (a blog's author looks after its links)"
_REFUSED: Final = frozenset({401, 403, 405, 406, 429, 451, 999})
_MOVED: Final = frozenset({301, 308})
_GOOD: Final = 400
_SERVER: Final = 500


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What a host said: a status (0: nothing), where else, why not; and when, since 1970."""

    status: int
    location: str = ""
    trouble: str = ""
    at: int = 0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much is asked. ``pause`` and ``timeout`` in seconds."""

    hosts: int = 8
    addresses: int = 2_000
    pause: float = 1.0
    timeout: float = 10.0


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer."""

    def redirect_request(  # noqa: PLR0917 - the library's own
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str,
        headers: http.client.HTTPMessage, newurl: str,
    ) -> None:  # fmt: skip
        del req, fp, code, msg, headers, newurl


def ask(url: str, timeout: float) -> Answer:
    """Ask a host about an address: HEAD, and GET where that is not understood."""
    opener = urllib.request.build_opener(_Stay)
    answer = Answer(0, trouble="no answer")
    for method in ("HEAD", "GET"):
        request = urllib.request.Request(  # noqa: S310 - http and https only, see `_addresses`
            url, method=method, headers={"User-Agent": _AGENT, "Accept": "*/*"}
        )
        try:
            with opener.open(request, timeout=timeout) as reply:
                return Answer(reply.status)
        except urllib.error.HTTPError as error:
            # Of other answers it is of no use, and urllib has not seen whether it can be read.
            there = error.headers.get("Location") if error.code in _MOVED else None
            answer = Answer(error.code, urljoin(url, there) if there else "")
            error.close()
            if error.code < _GOOD or error.code in {404, 410, 429}:
                return answer
        except (OSError, http.client.HTTPException, ValueError, ssl.SSLError) as error:
            answer = Answer(0, trouble=str(getattr(error, "reason", error)) or "no answer")
    return answer


def check_external(
    checkout: Checkout,
    *,
    now: float,
    limits: Limits | None = None,
    ask: Callable[[str, float], Answer] = ask,
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> list[Finding]:
    """Ask about every address elsewhere, and say which posts link to what is gone or moved."""
    limits = limits or Limits()
    places = _addresses(checkout)
    known = _recall(checkout, int(now))
    wanted = [url for url in sorted(places) if url not in known][: limits.addresses]
    answers = {**known, **_ask_all(wanted, limits, ask, int(now), progress)}
    kept = {url: answers[url] for url in answers if url in places}
    keep(checkout.root, _NAME, msgspec.msgpack.encode(kept))
    findings = [
        Finding(path, spot.line, code, message, "warning", column=spot.column)
        for url, (code, message) in sorted(_messages(kept).items())
        for path, spot in places[url]
    ]
    skipped = len([u for u in places if u not in answers])
    if skipped:
        message = f"{skipped} addresses elsewhere were not asked about this time: ask again"
        findings.append(Finding(checkout.folder, 0, "links-unasked", message, "warning"))
    return sorted(findings)


def _addresses(checkout: Checkout) -> dict[str, list[tuple[str, Spot]]]:
    """Every address elsewhere, without its fragment, and where it is linked to."""
    own = urlsplit(checkout.settings.site.url).netloc
    found: defaultdict[str, list[tuple[str, Spot]]] = defaultdict(list)
    for path in checkout.scan.blobs:
        if kind_of(path) is None:
            continue
        text, problems = read_text(checkout.root, checkout.folder, path)
        if problems or ("http://" not in text and "https://" not in text):
            continue
        for url, spot in _links(text):
            try:
                parts = urlsplit(url)
            except ValueError:
                continue
            if parts.scheme in {"http", "https"} and parts.netloc and parts.netloc != own:
                address = quote(urldefrag(url).url, safe="/:?#[]@!$&'()*+,;=-._~%")
                found[address].append((f"{checkout.folder}/{path}", spot))
    return dict(found)


def _links(text: str) -> Iterable[tuple[str, Spot]]:
    front = split(text)
    document = Document("", front.body_line)
    tokens, _ = parse(front.body, document)
    found: list[tuple[str, Spot]] = []
    line = 0

    def note(href: str) -> None:
        column = column_of(document.line(line), href)
        found.append((href, Spot(line + front.body_line, column)))

    for line, visit in link_places(tokens):  # noqa: B007 - note() reads it
        visit(note)
    link = front.fields.get("link")
    if link is not None and isinstance(link.value, str):
        found.append((link.value, link.at))
    return found


def _recall(checkout: Checkout, now: int) -> dict[str, Answer]:
    """What was learnt lately enough."""
    try:
        kept = msgspec.msgpack.decode(
            recall(checkout.root, _NAME) or b"\x80", type=dict[str, Answer]
        )
    except msgspec.DecodeError:
        return {}
    return {
        url: answer
        for url, answer in kept.items()
        if 0 <= now - answer.at < (_WEEK if 0 < answer.status < _GOOD else _HOUR)
    }


def _ask_all(
    urls: Iterable[str], limits: Limits, ask: Callable[[str, float], Answer], now: int,
    progress: Callable[[int, int], None],
) -> dict[str, Answer]:  # fmt: skip
    """One host after the other within a thread, so that none is asked twice at once."""
    by_host: defaultdict[str, list[str]] = defaultdict(list)
    for url in urls:
        by_host[urlsplit(url).netloc].append(url)
    answers: dict[str, Answer] = {}
    total = sum(map(len, by_host.values()))
    stop = threading.Event()

    def host(some: list[str]) -> None:
        for index, url in enumerate(some):
            if stop.wait(limits.pause if index else 0):
                return
            answers[url] = msgspec.structs.replace(ask(url, limits.timeout), at=now)
            progress(len(answers), total)

    with ThreadPoolExecutor(limits.hosts) as pool:
        try:
            for task in [pool.submit(host, some) for some in by_host.values()]:
                task.result()
        finally:
            stop.set()  # after Ctrl-C nobody waits for the rest, which may take half an hour
    return answers


def _messages(answers: Mapping[str, Answer]) -> dict[str, tuple[Code, str]]:
    found: dict[str, tuple[Code, str]] = {}
    for url, answer in answers.items():
        if answer.status == 0:
            found[url] = "link-dead", f"{url} cannot be reached: {answer.trouble}"
        elif answer.status in _MOVED and answer.location:
            found[url] = "link-moved", f"{url} has moved for good, to {answer.location}"
        elif answer.status >= _GOOD and answer.status not in _REFUSED:
            gone = "is not there any more" if answer.status < _SERVER else "is in trouble"
            found[url] = "link-dead", f"{url} answers {answer.status}: the page {gone}"
    return found
