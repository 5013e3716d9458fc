"""The path of an event, on the local cloud: object ▶ queue ▶ function ▶ lists, and the edge."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any
from uuid import uuid4

import pytest
from tests.cloud.conftest import Deployed, echo

from sula.cloud.aws import S3Objects
from sula.cloud.monitoring import SqsQueue
from sula.local.edge_proxy import EdgeProxy
from sula.local.served import LIST_PATHS, cache_control, content_type

pytestmark = pytest.mark.cloud

PAGE = b"<!doctype html><html><head><title>x</title></head><body>" + b"<p>text</p>" * 200


def put(objects: S3Objects, key: str, body: bytes = PAGE) -> str:
    return objects.put(key, body, content_type=content_type(key), cache_control=cache_control(key))


def until(look: Any, seconds: float = 10.0) -> Any:
    """What `look` gives once it gives anything."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.01)
    pytest.fail(f"nothing within {seconds:.0f} s")


@pytest.fixture
def objects(echoing: Deployed) -> S3Objects:
    return S3Objects(echoing.local.cloud, echoing.outputs.bucket)


def heard(objects: S3Objects, name: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = objects.get(f"lists/{name}")
        return json.loads(found.body) if found else None

    answer: dict[str, Any] = until(look)
    return answer


# --- events -------------------------------------------------------------------------------


def test_a_page_wakes_the_function(objects: S3Objects) -> None:
    name = f"posts/{uuid4().hex} +ü/index.html"
    put(objects, f"pages/{name}")
    found = heard(objects, name)
    assert found["key"] == f"pages/{name}"
    assert found["event"].startswith("ObjectCreated")


def test_a_removal_wakes_the_function(objects: S3Objects) -> None:
    name = f"posts/{uuid4().hex}/index.html"
    put(objects, f"pages/{name}")
    heard(objects, name)
    objects.delete([f"pages/{name}"])
    until(lambda: heard(objects, name)["event"].startswith("ObjectRemoved"))


def test_once_warm_it_is_not_started_anew(objects: S3Objects) -> None:
    processes = set()
    for _ in range(5):
        name = f"posts/{uuid4().hex}/index.html"
        put(objects, f"pages/{name}")
        processes.add(heard(objects, name)["process"])
    assert len(processes) <= 2  # so many may run at once, by the template


def test_only_html_under_pages_wakes_it(objects: S3Objects) -> None:
    quiet = [f"posts/{uuid4().hex}.{suffix}" for suffix in ("png", "css", "xml")]
    for name in quiet:
        put(objects, f"pages/{name}")
    put(objects, f"state/{uuid4().hex}.html")
    last = f"posts/{uuid4().hex}/index.html"
    put(objects, f"pages/{last}")
    heard(objects, last)
    assert not [name for name in quiet if objects.head(f"lists/{name}")]


def test_one_bad_message_does_not_hold_up_the_others(objects: S3Objects, echoing: Deployed) -> None:
    put(objects, f"pages/poison/{uuid4().hex}.html")
    name = f"posts/{uuid4().hex}/index.html"
    put(objects, f"pages/{name}")
    heard(objects, name)
    queue = SqsQueue(echoing.local.cloud, echoing.outputs.queue_url)
    # It stays in the queue, out of sight until its time-out, and is not lost.
    assert until(lambda: queue.depth().in_flight) >= 1


# --- the function -------------------------------------------------------------------------


def test_new_code_is_live_at_once_and_the_same_code_is_no_update(new_stack: Any) -> None:
    deployed: Deployed = new_stack()
    function = deployed.function
    assert function.update_code(echo(1))
    assert not function.update_code(echo(1))
    assert function.invoke({"a": 1})["code"] == 1
    assert function.update_code(echo(2))
    answer = function.invoke({"a": 1})
    assert answer["code"] == 2
    assert answer["heard"] == {"a": 1}
    assert answer["by"].endswith(":live")


def test_events_from_before_the_first_code_are_not_lost(new_stack: Any) -> None:
    deployed: Deployed = new_stack()
    objects = deployed.local.cloud.objects(deployed.outputs.bucket)
    put(objects, "pages/early.html")
    queue = SqsQueue(deployed.local.cloud, deployed.outputs.queue_url)
    assert until(lambda: sum(queue.depth()))
    time.sleep(0.5)
    assert sum(queue.depth()) >= 1


# --- the edge -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def edge(echoing: Deployed) -> Iterator[EdgeProxy]:
    objects = echoing.local.cloud.objects(echoing.outputs.bucket)
    for key in ("pages/about/index.html", "pages/404.html", "lists/index.html", "state/x.html"):
        objects.put(
            key, PAGE + key.encode(), content_type=content_type(key),
            cache_control=cache_control(key), metadata={"generation": "1", "digest": "x"},
        )  # fmt: skip
    for name in ("feed.xml", "atom.xml", "feed.json", "tags/looms/feed.xml", "page/1/index.html"):
        put(objects, f"lists/{name}", PAGE + name.encode())
    put(objects, "pages/theme/style.0123456789.css", b"p { color: red } " * 100)
    with EdgeProxy(
        port=0, cloud_port=echoing.local.port, domain=echoing.outputs.distribution_domain
    ) as proxy:
        yield proxy


def ask(
    edge: EdgeProxy, path: str, method: str = "GET", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=10)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/about/", "pages/about/index.html"),
        ("/", "lists/index.html"),
        ("/index.html", "lists/index.html"),
        ("/feed.xml", "feed.xml"),
        ("/feed.xml?utm_source=x", "feed.xml"),
        ("/tags/looms/feed.xml", "tags/looms/feed.xml"),
        ("/page/1/", "page/1/index.html"),
    ],
)
def test_each_path_comes_from_its_place(edge: EdgeProxy, path: str, key: str) -> None:
    status, headers, body = ask(edge, path)
    assert status == 200
    assert body.endswith(key.encode())
    assert headers["Content-Length"] == str(len(body))


def test_a_page_has_one_address(edge: EdgeProxy) -> None:
    status, headers, _ = ask(edge, "/about?x=1")
    assert (status, headers["Location"]) == (301, "/about/?x=1")


@pytest.mark.parametrize("path", ["/feed.xml", "/atom.xml", "/feed.json", "/about/", "/"])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_nothing_is_sent_twice(edge: EdgeProxy, path: str, coding: str) -> None:
    status, headers, body = ask(edge, path, Accept_Encoding=coding)
    assert status == 200
    assert headers["ETag"]
    assert headers["Last-Modified"]
    plain = gzip.decompress(body) if headers["Content-Encoding"] == "gzip" else body
    assert plain == ask(edge, path)[2]
    for known in (
        {"If_None_Match": headers["ETag"]},
        {"If_None_Match": f'"other", {headers["ETag"]}'},
        {"If_Modified_Since": headers["Last-Modified"]},
    ):
        status, again, nothing = ask(edge, path, Accept_Encoding=coding, **known)
        assert (status, nothing) == (304, b"")
        assert again["ETag"]
    assert ask(edge, path, If_None_Match='"other"')[0] == 200
    assert ask(edge, path, If_Modified_Since=formatdate(0, usegmt=True))[0] == 200


@pytest.mark.parametrize("path", ["/feed.xml", "/about/", "/nothing/", "/about"])
def test_head_says_what_get_says(edge: EdgeProxy, path: str) -> None:
    got, asked = ask(edge, path), ask(edge, path, "HEAD")
    assert asked[2] == b""
    assert asked[0] == got[0]
    for name in ("Content-Type", "ETag", "Last-Modified", "Cache-Control", "Location"):
        assert asked[1][name] == got[1][name], name


@pytest.mark.parametrize(
    "path",
    [
        "/state/x.html",
        "/State/x.html",
        "/state/",
        "/lists/index.html",
        "/pages/about/index.html",
        "/nothing/",
        "/tags/nothing/",
        "/ABOUT/",
        "/.well-known/nothing",
    ],
)
def test_what_is_not_public_is_not_found(edge: EdgeProxy, path: str) -> None:
    status, headers, body = ask(edge, path)
    assert status == 404
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert body.endswith(b"pages/404.html")


@pytest.mark.parametrize(
    "path",
    [
        "/../state/x.html",
        "/tags/../../state/x.html",
        "/%2e%2e/state/x.html",
        "/..%2fstate/x.html",
        "/%252e%252e%252fstate/x.html",
        "/a%00b.html",
        "/a%0d%0ab",
        "/a\\b",
        "/" + "a" * 3000,
        "/%ff/",
        "/é".encode().decode("latin-1"),
    ],
)
def test_tricks_get_a_clean_refusal(edge: EdgeProxy, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=10)
    connection.putrequest("GET", "/", skip_host=True)
    connection._buffer[0] = f"GET {path} HTTP/1.1".encode("latin-1")  # type: ignore[attr-defined]
    connection.putheader("Host", "127.0.0.1")
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status in {301, 400, 404, 414}
    assert b"state/x.html" not in body
    assert b"Traceback" not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_readers_cannot_write(edge: EdgeProxy, method: str) -> None:
    assert ask(edge, "/about/", method, Content_Length="0")[0] == 405


def test_security_headers_are_on_every_answer_of_the_bucket(edge: EdgeProxy) -> None:
    for path in ("/", "/about/", "/feed.xml", "/nothing/", "/theme/style.0123456789.css"):
        _, headers, _ = ask(edge, path)
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Strict-Transport-Security"] == "max-age=31536000"
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert "geolocation=()" in headers["Permissions-Policy"]
        assert not [name for name in headers if re.match("x-amz-(?!cf-)", name, re.IGNORECASE)]


def test_headers_are_those_of_the_contract(edge: EdgeProxy) -> None:
    for path, key in (
        ("/feed.xml", "lists/feed.xml"),
        ("/atom.xml", "lists/atom.xml"),
        ("/feed.json", "lists/feed.json"),
        ("/about/", "pages/about/index.html"),
        ("/theme/style.0123456789.css", "pages/theme/style.0123456789.css"),
    ):
        _, headers, _ = ask(edge, path)
        assert headers["Content-Type"] == content_type(key)
        assert headers["Cache-Control"] == cache_control(key)


@pytest.mark.parametrize(
    "path", ["/_ministack/health", "/_localstack/health", "/health", "/%5fministack/health"]
)
def test_the_emulator_does_not_show_through(edge: EdgeProxy, path: str) -> None:
    status, _, body = ask(edge, path)
    assert status in {301, 404}
    assert b"services" not in body


def test_a_query_reaches_neither_bucket_nor_emulator(edge: EdgeProxy) -> None:
    for query in ("list-type=2", "versions", "Action=ListQueues", "X-Amz-Credential=1/2/3/4/5"):
        status, _, body = ask(edge, f"/?{query}")
        assert (status, body) == (200, PAGE + b"lists/index.html"), query


def test_no_page_can_reset_the_cloud(edge: EdgeProxy) -> None:
    assert ask(edge, "/_ministack/reset", "POST", Content_Length="0")[0] == 405
    assert ask(edge, "/about/")[0] == 200


def test_every_list_path_reaches_lists(edge: EdgeProxy, objects: S3Objects) -> None:
    for pattern in LIST_PATHS:
        path = pattern.replace("*", "/probe/" if "sitemap" not in pattern else "/9.xml")
        path = path.replace("//", "/")
        key = "lists" + (path + "index.html" if path.endswith("/") else path)
        put(objects, key, PAGE + f"probe {key}".encode())
        assert ask(edge, path)[2].endswith(f"probe {key}".encode()), pattern
