"""S3 through obstore: the same objects as boto3 sees, conditions kept, honest in failure."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from tests.serving import serving

from sula.cloud import object_store
from sula.cloud.aws import Cloud, Endpoint, S3Objects
from sula.cloud.object_store import StoreObjects, is_ordinary, objects
from sula.errors import CloudError, Conflict, Unavailable
from sula.local.cloud import LocalCloud

KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"}


@pytest.mark.parametrize(
    ("region", "environment", "ordinary"),
    [
        ("eu-central-1", KEYS, True),
        ("eu-central-1", KEYS | {"AWS_SESSION_TOKEN": "t"}, True),
        ("eu-central-1", {"AWS_ACCESS_KEY_ID": "a"}, False),
        ("us-gov-west-1", KEYS, False),
        ("cn-north-1", KEYS, False),
        ("eu-isoe-west-1", KEYS, False),
        ("us-east-1", KEYS | {"https_proxy": "http://proxy:1"}, False),
        ("us-east-1", KEYS | {"AWS_ENDPOINT_URL_S3": "http://x"}, False),
        ("us-east-1", KEYS | {"AWS_USE_FIPS_ENDPOINT": "true"}, False),
        ("us-east-1", KEYS | {"AWS_PROFILE": "mine"}, False),
    ],
)
def test_all_but_the_ordinary_is_left_to_boto3(
    region: str, environment: dict[str, str], *, ordinary: bool
) -> None:
    assert is_ordinary(region, environment) == ordinary


def test_where_there_are_no_keys_boto3_looks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    assert type(objects(Cloud(Endpoint("eu-central-1")), "b")) is S3Objects
    local = Cloud(Endpoint("us-east-1", "http://127.0.0.1:9", "test", "test"))
    assert type(objects(local, "www.blog.example")) is S3Objects
    assert type(objects(local, "blog")) is StoreObjects


# --- against the local cloud ---------------------------------------------------------------


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with LocalCloud() as local:
        local.cloud.client("s3").create_bucket(Bucket="bucket")
        yield local.cloud


@pytest.mark.parametrize(
    "key", ["pages/é +.txt", "a b/c", "a%20b", "100%.html", "q?x=1&y#z", "=*'()"]
)
def test_both_ways_see_the_same_object(cloud: Cloud, key: str) -> None:
    ours, theirs = objects(cloud, "bucket"), S3Objects(cloud, "bucket")
    etag = ours.put(
        key, b"hello", content_type="text/plain; charset=utf-8", cache_control="max-age=5",
        metadata={"digest": "x"}, tags={"a b": "c=d+e"},
    )  # fmt: skip
    assert etag == '"5d41402abc4b2a76b9719d911017c592"'
    assert ours.get(key) == theirs.get(key) is not None
    assert ours.head(key) == theirs.head(key) is not None
    tags = cloud.client("s3").get_object_tagging(Bucket="bucket", Key=key)["TagSet"]
    assert tags == [{"Key": "a b", "Value": "c=d+e"}]
    ours.delete([key])
    assert ours.get(key) is None
    assert ours.head(key) is None


def test_compare_and_swap(cloud: Cloud) -> None:
    bucket = objects(cloud, "bucket")

    def put(body: bytes, **condition: str | bool | None) -> str:
        return bucket.put("cas", body, content_type="a/b", cache_control="", **condition)  # type: ignore[arg-type] # one of two

    first = put(b"1", if_absent=True)
    with pytest.raises(Conflict):
        put(b"2", if_absent=True)
    assert put(b"2", if_match=first) != first
    with pytest.raises(Conflict):
        put(b"3", if_match=first)
    bucket.delete(["cas"])
    with pytest.raises(Conflict):
        put(b"4", if_match=first)


def test_a_missing_bucket_is_said(cloud: Cloud) -> None:
    bucket = objects(cloud, "elsewhere")
    with pytest.raises(CloudError, match="reading k: NoSuchBucket: "):
        bucket.get("k")
    with pytest.raises(CloudError, match="writing k: NoSuchBucket: "):
        bucket.put("k", b"", content_type="a/b", cache_control="")


# --- against a server that misbehaves ----------------------------------------------------


class Moody(BaseHTTPRequestHandler):
    """Answers with the statuses it was told; 0 is a connection that is closed without a word."""

    protocol_version = "HTTP/1.1"
    moods: list[int]
    peers: set[int]

    def answer(self) -> None:
        size = int(self.headers.get("content-length", "0"))
        self.rfile.read(size)
        self.peers.add(self.client_address[1])
        mood = self.moods.pop(0) if self.moods else 200
        if not mood:
            self.close_connection = True
            return
        self.send_response(mood)
        self.send_header("etag", '"e"')
        self.send_header("content-length", "0")
        self.end_headers()

    do_PUT = do_GET = do_HEAD = answer  # noqa: N815 - http.server's way

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def moody() -> Iterator[tuple[S3Objects, type[Moody]]]:
    class Mine(Moody):
        moods: list[int] = []  # noqa: RUF012 - this test's own
        peers: set[int] = set()  # noqa: RUF012 - the same

    with serving(Mine) as url:
        yield objects(Cloud(Endpoint("us-east-1", url, "test", "test")), "b"), Mine


def put(bucket: S3Objects, **condition: str | bool) -> str:
    return bucket.put("k", b"x", content_type="a/b", cache_control="", **condition)  # type: ignore[arg-type] # one of two


def test_an_unconditional_write_is_tried_again(moody: tuple[S3Objects, type[Moody]]) -> None:
    bucket, server = moody
    server.moods[:] = [503, 0, 500]
    assert put(bucket) == '"e"'
    assert not server.moods


def test_a_conditional_write_is_sent_once(moody: tuple[S3Objects, type[Moody]]) -> None:
    bucket, server = moody
    for mood in (0, 500, 503):
        server.moods[:] = [mood, 200]
        with pytest.raises(Unavailable):
            put(bucket, if_match='"o"')
        assert server.moods == [200]
    server.moods[:] = [412]
    with pytest.raises(Conflict):
        put(bucket, if_absent=True)


def test_connections_are_kept(moody: tuple[S3Objects, type[Moody]]) -> None:
    bucket, server = moody
    for _ in range(5):
        put(bucket)
    assert len(server.peers) == 1


class Slow(BaseHTTPRequestHandler):
    """A line over which a body takes three seconds, in either direction."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        left = int(self.headers["content-length"])
        for _ in range(3):
            time.sleep(1)
            left -= len(self.rfile.read(left // 3))
        self.rfile.read(left)
        self.send_response(200)
        self.send_header("etag", '"e"')
        self.send_header("content-length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("etag", '"e"')
        self.send_header("last-modified", "Tue, 24 Nov 2026 09:30:00 GMT")
        self.send_header("content-length", "6")
        self.end_headers()
        for _ in range(6):
            time.sleep(0.5)
            self.wfile.write(b"x")

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.long
def test_what_comes_or_goes_slowly_does_so_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_store, "_PATIENCE", "2s")
    with serving(Slow) as url:
        bucket = objects(Cloud(Endpoint("us-east-1", url, "test", "test")), "b")
        found = bucket.get("record")
        assert found is not None
        assert found.body == b"xxxxxx"
        picture = bytes(object_store._SMALL + 1)
        assert bucket.put("k", picture, content_type="image/png", cache_control="") == '"e"'


@pytest.mark.long
def test_a_server_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_store, "_PATIENCE", "1s")
    with serving(Slow) as url:
        bucket = objects(Cloud(Endpoint("us-east-1", url, "test", "test")), "b")
        with pytest.raises(Unavailable):
            put(bucket, if_absent=True)


def test_nobody_there_is_unavailable() -> None:
    nobody = objects(Cloud(Endpoint("us-east-1", "http://127.0.0.1:9", "test", "test")), "b")
    with pytest.raises(Unavailable, match="writing k: the cloud did not answer"):
        put(nobody, if_absent=True)
