"""The way into the emulated edge: what it adds, and what it leaves alone."""

from __future__ import annotations

import gzip
import http.client
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from tests.serving import serving

from sula.errors import CloudError
from sula.local.edge_proxy import EdgeProxy
from sula.local.edge_transform import compressed, header, unkept, with_script

PAGE = b"<html><body>" + b"<p>text</p>" * 200 + b"</body></html>"
HTML = [("Content-Type", "text/html; charset=utf-8"), ("ETag", '"abc"'), ("Accept-Ranges", "bytes")]


# --- transforms ---------------------------------------------------------------------------


def test_a_page_is_compressed_and_says_so() -> None:
    headers, body = compressed(HTML, PAGE, "gzip, br")
    assert gzip.decompress(body) == PAGE
    assert header(headers, "content-encoding") == "gzip"
    assert header(headers, "vary") == "Accept-Encoding"
    assert header(headers, "etag") == 'W/"abc"'
    assert not header(headers, "accept-ranges")


def test_the_same_page_gives_the_same_bytes() -> None:
    first = compressed(HTML, PAGE, "gzip")
    time.sleep(1 - time.time() % 1)  # gzip's header would carry the time, in seconds
    assert compressed(HTML, PAGE, "gzip") == first


@pytest.mark.parametrize("accepted", ["", "br", "identity", "gzip;q=0", "gzip; q=0.0", "x-gzipped"])
def test_a_reader_that_does_not_take_gzip_gets_none(accepted: str) -> None:
    assert compressed(HTML, PAGE, accepted) == (HTML, PAGE)


@pytest.mark.parametrize(
    "accepted", ["gzip", "GZIP", "br;q=1.0, gzip;q=0.8", "deflate,gzip;q=0.05"]
)
def test_a_reader_that_takes_gzip_gets_it(accepted: str) -> None:
    assert compressed(HTML, PAGE, accepted)[1] != PAGE


@pytest.mark.parametrize(
    ("kind", "size", "coding"),
    [
        ("text/html", 999, ""),
        ("text/html", 10_000_001, ""),
        ("image/png", 5000, ""),
        ("application/atom+xml; charset=utf-8", 5000, ""),
        ("text/html", 5000, "br"),
    ],
)
def test_what_cloudfront_leaves_alone_is_left_alone(kind: str, size: int, coding: str) -> None:
    headers = [("Content-Type", kind), ("Content-Encoding", coding)]
    assert compressed(headers, b"x" * size, "gzip") == (headers, b"x" * size)


def test_the_reload_script_goes_before_the_last_body_tag() -> None:
    page = b"<pre>&lt;/body></pre></body>x</body>\n"
    headers, body = with_script(HTML, page, "/r.js")
    assert body == b'<pre>&lt;/body></pre></body>x<script src="/r.js" defer></script></body>\n'
    assert header(headers, "etag") == 'W/"abc"'
    assert with_script([], b"<p>open", "/r.js")[1].startswith(b"<p>open<script")


def test_only_what_never_changes_is_kept_while_writing() -> None:
    kept = [("Cache-Control", "public, max-age=31536000, immutable")]
    assert unkept(kept) == kept
    assert unkept([("Cache-Control", "max-age=300")]) == [("Cache-Control", "no-cache")]


# --- the server ---------------------------------------------------------------------------


class Origin(BaseHTTPRequestHandler):
    """Stands for the emulated edge: tells what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        told = f"{self.path}\n{self.headers}".encode()
        body = PAGE if self.path == "/page" else told
        self.send_response_only(304 if self.headers.get("If-None-Match") == '"abc"' else 200)
        self.send_header("Content-Type", "text/html" if self.path == "/page" else "text/x-told")
        self.send_header("ETag", '"abc"')
        self.send_header("Cache-Control", "public, max-age=300")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.headers.get("If-None-Match") != '"abc"':
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def origin() -> Iterator[int]:
    with serving(Origin) as url:
        yield int(url.rpartition(":")[2])


@pytest.fixture
def proxy(origin: int) -> Iterator[EdgeProxy]:
    with EdgeProxy(port=0, cloud_port=origin, domain="d1.cloudfront.net", live_reload=True) as one:
        yield one


@pytest.fixture
def reader(proxy: EdgeProxy) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
    yield connection
    connection.close()


def ask(
    reader: http.client.HTTPConnection, path: str, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    reader.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    answer = reader.getresponse()
    return answer, answer.read()


def test_the_edge_is_asked_in_its_own_name_over_tls(reader: http.client.HTTPConnection) -> None:
    told = ask(reader, "/x?y=1", Accept_Encoding="gzip", X_Mine="1", Authorization="AWS4 x")[1]
    lines = told.decode().lower().splitlines()
    assert lines[0] == "/x?y=1"
    assert "host: d1.cloudfront.net" in lines
    assert "x-forwarded-proto: https" in lines
    assert "x-mine: 1" in lines
    assert "accept-encoding: identity" in lines
    assert not [line for line in lines if line.startswith("authorization")]


def test_one_connection_serves_many_questions(reader: http.client.HTTPConnection) -> None:
    ask(reader, "/a")
    before = reader.sock
    for _ in range(5):
        assert ask(reader, "/page")[0].status == 200
    assert reader.sock is before


def test_a_weak_tag_is_known_again(reader: http.client.HTTPConnection) -> None:
    tag = ask(reader, "/page", Accept_Encoding="gzip")[0].headers["ETag"]
    assert tag == 'W/"abc"'
    answer, body = ask(reader, "/page", Accept_Encoding="gzip", If_None_Match=tag)
    assert (answer.status, body) == (304, b"")


def test_an_open_page_is_told_to_reload(
    proxy: EdgeProxy, reader: http.client.HTTPConnection
) -> None:
    assert b'<script src="/__sula/reload.js" defer></script></body>' in ask(reader, "/page")[1]
    assert b"EventSource" in ask(reader, "/__sula/reload.js")[1]
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as page:
        page.sendall(b"GET /__sula/events HTTP/1.1\r\nHost: x\r\n\r\n")
        stream = page.makefile("rb")
        while stream.readline() != b"retry: 500\n":
            pass
        proxy.reload()
        assert stream.readline() == b"\n"
        assert stream.readline() == b"event: reload\n"


def test_without_live_reload_nothing_is_added(origin: int) -> None:
    with EdgeProxy(port=0, cloud_port=origin, domain="d1.cloudfront.net") as one:
        reader = http.client.HTTPConnection("127.0.0.1", one.port, timeout=10)
        answer, body = ask(reader, "/page")
        assert body == PAGE
        assert answer.headers["ETag"] == '"abc"'
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        assert ask(reader, "/__sula/reload.js")[1].startswith(b"/__sula/reload.js")
        reader.close()


def test_an_open_event_stream_does_not_hold_up_the_end(origin: int) -> None:
    with EdgeProxy(port=0, cloud_port=origin, domain="d", live_reload=True) as one:
        page = socket.create_connection(("127.0.0.1", one.port), timeout=10)
        page.sendall(b"GET /__sula/events HTTP/1.1\r\nHost: x\r\n\r\n")
        stream = page.makefile("rb")
        while stream.readline() != b"retry: 500\n":
            pass
    # It was ended too, and at once: no sign of life, one of which is sent every while, came before.
    assert stream.read() == b"\n"
    page.close()


def test_a_cloud_that_is_away_is_a_page_that_says_so() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with EdgeProxy(port=0, cloud_port=nobody.getsockname()[1], domain="d") as one:
            reader = http.client.HTTPConnection("127.0.0.1", one.port, timeout=10)
            answer, body = ask(reader, "/")
            assert answer.status == 502
            assert b"sula up" in body
            reader.close()


def test_a_port_that_is_taken_is_named_with_the_remedy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(CloudError, match=rf"port {port} is taken.*--port {port + 1000}"),
            EdgeProxy(port=port, cloud_port=1, domain="d"),
        ):
            pass


def test_it_starts_where_nobody_knows_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard library asks for the name of 127.0.0.1, and waits for an answer."""

    def ask(_: str = "") -> str:
        raise AssertionError("asked for a name")

    monkeypatch.setattr(socket, "getfqdn", ask)
    with EdgeProxy(port=0, cloud_port=9, domain="") as proxy:
        assert proxy.port
