"""The tables of the post about security: one test per row, through the local edge."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.cloud.conftest import Deployed

from sula.local.edge_proxy import EdgeProxy
from sula.local.served import cache_control, content_type, is_list_path

pytestmark = pytest.mark.cloud

TEXT = (Path(__file__).parents[2] / "content/posts/security.md").read_text("utf-8")
OBJECTS = re.findall(
    r"^\| ([^|`]+?) +\| `([^`]+)` +\| `([^`]+)` +\| `([^`]+)` +\|$", TEXT, re.MULTILINE
)
HEADERS = re.findall(r"^\| `([A-Z][A-Za-z-]+)` +\| `([^`]+)` +\|$", TEXT, re.MULTILINE)
PLAIN = {"Accept-Encoding": "identity"}
UNCOMPRESSED = {"Atom", "JSON Feed", "a tag's feed", "a picture", "sound", "anything else"}


def key_of(path: str) -> str:
    name = path.lstrip("/") + ("index.html" if path.endswith("/") else "")
    return ("lists/" if is_list_path(path) else "pages/") + name


@pytest.fixture(scope="module")
def edge(echoing: Deployed) -> Iterator[EdgeProxy]:
    objects = echoing.local.cloud.objects(echoing.outputs.bucket)
    for _, path, _, _ in OBJECTS:
        key = key_of(path)
        objects.put(
            key, b"row " * 500, content_type=content_type(key), cache_control=cache_control(key)
        )
    with EdgeProxy(
        port=0, cloud_port=echoing.local.port, domain=echoing.outputs.distribution_domain
    ) as proxy:
        yield proxy


def headers_of(
    edge: EdgeProxy, path: str, asked: Mapping[str, str] = PLAIN
) -> tuple[int, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=10)
    try:
        connection.request("GET", path, headers=dict(asked))
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers
    finally:
        connection.close()


@pytest.mark.parametrize(("kind", "path"), [row[:2] for row in OBJECTS], ids=str)
def test_text_is_compressed_where_cloudfront_can(edge: EdgeProxy, kind: str, path: str) -> None:
    _, headers = headers_of(edge, path, {"Accept-Encoding": "gzip"})
    assert (headers["Content-Encoding"] == "gzip") == (kind not in UNCOMPRESSED)
    assert headers_of(edge, path)[1]["Content-Encoding"] is None


def test_the_tables_are_there() -> None:
    assert (len(OBJECTS), len(HEADERS)) == (14, 7)


@pytest.mark.parametrize(("kind", "path", "type_", "cache"), OBJECTS, ids=str)
def test_an_object_is_sent_as_told(
    edge: EdgeProxy, kind: str, path: str, type_: str, cache: str
) -> None:
    status, headers = headers_of(edge, path)
    assert status == 200, kind
    assert headers["Content-Type"] == type_
    assert headers["Cache-Control"] == cache
    assert "immutable" not in cache or "/theme/" in path


@pytest.mark.parametrize(("name", "value"), HEADERS)
def test_every_answer_carries_the_header(edge: EdgeProxy, name: str, value: str) -> None:
    for path in ("/posts/row/", "/feed.xml", "/theme/row.0123456789.css", "/nothing/"):
        assert headers_of(edge, path)[1][name] == value, path
