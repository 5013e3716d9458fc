"""Other sites are asked politely: a real server on loopback counts what it is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from tests.authored import NOW, Authored, Post
from tests.serving import serving

from sula.checks.external import Answer, Limits, check_external

QUICK = Limits(pause=0.0, timeout=5.0)


@dataclass
class Elsewhere:
    """Another site: what it answers by path, and what it was asked."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    busy: int = 0
    most: int = 0


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    there = Elsewhere()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            with lock:
                there.asked.append(f"{self.command} {self.path}")
                there.busy += 1
                there.most = max(there.most, there.busy)
            status = int(self.path.strip("/").partition("-")[0] or 200)
            if status == 405 and self.command == "GET":
                status = 200
            with lock:
                there.busy -= 1
            self.send_response(status)
            if status in {301, 302} or "odd" in self.path:
                self.send_header("Location", "http://[" if "odd" in self.path else "/200-new")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET = answer  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the same
            """Be quiet."""

    with serving(Handler) as there.url:
        yield there


def site_with(tmp_path: Path, *links: str) -> Authored:
    site = Authored(tmp_path / "site")
    site.save(Post("posts/a.md", body="\n".join(f"[x]({link})\n" for link in links)))
    return site


def test_what_is_gone_and_what_has_moved_is_said(tmp_path: Path, elsewhere: Elsewhere) -> None:
    there = elsewhere.url
    paths = ("/200", "/404", "/410", "/500", "/301", "/302", "/403", "/405", "/429", "/200#part")
    site = site_with(tmp_path, *(there + path for path in paths), "https://blog.example/own/")
    found = check_external(site.look(), now=NOW, limits=QUICK)
    assert [(f.code, f.line, f.message.removeprefix(there)) for f in found] == [
        ("link-dead", 8, "/404 answers 404: the page is not there any more"),
        ("link-dead", 10, "/410 answers 410: the page is not there any more"),
        ("link-dead", 12, "/500 answers 500: the page is in trouble"),
        ("link-moved", 14, f"/301 has moved for good, to {there}/200-new"),
    ]
    assert {f.severity for f in found} == {"warning"}
    assert elsewhere.most == 1, "one request at a time"
    assert elsewhere.asked.count("HEAD /200") == 1
    assert "GET /405" in elsewhere.asked


def test_what_was_fine_is_not_asked_again_for_a_week(tmp_path: Path, elsewhere: Elsewhere) -> None:
    site = site_with(tmp_path, f"{elsewhere.url}/200", f"{elsewhere.url}/404")
    first = check_external(site.look(), now=NOW, limits=QUICK)
    assert check_external(site.look(), now=NOW + 60, limits=QUICK) == first
    assert len(elsewhere.asked) == 2
    check_external(site.look(), now=NOW + 7200, limits=QUICK)
    assert elsewhere.asked[2:] == ["HEAD /404"]
    check_external(site.look(), now=NOW + 8 * 86400, limits=QUICK)
    assert "HEAD /200" in elsewhere.asked[3:]


def test_no_more_is_asked_than_was_agreed(tmp_path: Path, elsewhere: Elsewhere) -> None:
    site = site_with(tmp_path, *(f"{elsewhere.url}/200-{n}" for n in range(5)))
    limits = Limits(pause=0.0, addresses=3)
    (finding,) = check_external(site.look(), now=NOW, limits=limits)
    assert finding.message.startswith("2 addresses elsewhere were not asked about")
    assert len(elsewhere.asked) == 3
    assert check_external(site.look(), now=NOW, limits=limits) == []


def test_nobody_there_is_said(tmp_path: Path) -> None:
    site = site_with(tmp_path, "http://127.0.0.1:1/x")
    (finding,) = check_external(site.look(), now=NOW, limits=QUICK)
    assert finding.code == "link-dead"
    assert "http://127.0.0.1:1/x cannot be reached: " in finding.message


@pytest.mark.parametrize(
    ("status", "said"), [("301", "cannot be reached: Invalid"), ("503", "answers 503")]
)
def test_an_answer_that_leads_to_no_address_is_one_like_others(
    tmp_path: Path, elsewhere: Elsewhere, status: str, said: str
) -> None:
    site = site_with(tmp_path, f"{elsewhere.url}/{status}-odd")
    (found,) = check_external(site.look(), now=NOW, limits=QUICK)
    assert said in found.message


def test_whoever_interrupts_it_does_not_wait_for_the_rest(tmp_path: Path) -> None:
    """Of a host with many pages one is asked about a second."""
    site = site_with(
        tmp_path, *(f"https://many.example/{n}" for n in range(9)), "https://first.example/"
    )
    asked = []

    def ask(url: str, timeout: float) -> Answer:
        del timeout
        asked.append(url)
        if "first" in url:
            raise KeyboardInterrupt
        return Answer(200)

    with pytest.raises(KeyboardInterrupt):
        check_external(site.look(), now=NOW, limits=Limits(pause=60.0), ask=ask)
    assert len(asked) <= 2
