"""S3Store against moto: the conditions, the headers, and what each error means."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from moto import mock_aws
from moto.s3.responses import S3Response

from edgefeed.aws import CloudFrontNotifier, S3Store
from edgefeed.store import Conflict, Unavailable

KEY = "lists/feed.xml"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Store]:
    # moto checks a condition and then writes, without a lock; S3 does it in one step.
    lock, respond = threading.RLock(), S3Response.key_response

    def one_at_a_time(self: S3Response, *args: Any, **kwargs: Any) -> Any:
        with lock:
            return respond(self, *args, **kwargs)

    monkeypatch.setattr(S3Response, "key_response", one_at_a_time)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="site")
        yield S3Store("site")


def test_an_object_comes_back_as_it_went(store: S3Store) -> None:
    etag = store.put(KEY, b"<rss/>", metadata={"generation": "7"})
    found = store.get(KEY)
    head = store.head(KEY)
    assert found is not None
    assert head is not None
    assert (found.body, found.etag, found.metadata) == (b"<rss/>", etag, {"generation": "7"})
    assert (head.etag, head.metadata, head.modified) == (etag, found.metadata, found.modified)
    assert found.modified.endswith("Z")


def test_what_is_not_there_is_none(store: S3Store) -> None:
    assert store.get(KEY) is None
    assert store.head(KEY) is None
    store.delete(KEY)


def test_lists_carry_the_contracts_headers_and_state_is_not_cached(store: S3Store) -> None:
    store.put(KEY, b"x")
    store.put("state/index.jsonl.gz", b"x")
    s3 = boto3.client("s3")
    feed = s3.head_object(Bucket="site", Key=KEY)
    assert feed["ContentType"] == "application/rss+xml; charset=utf-8"
    assert feed["CacheControl"] == "public, max-age=300, s-maxage=31536000"
    assert "CacheControl" not in s3.head_object(Bucket="site", Key="state/index.jsonl.gz")


def test_compare_and_swap(store: S3Store) -> None:
    first = store.put(KEY, b"1", if_absent=True)
    with pytest.raises(Conflict):
        store.put(KEY, b"2", if_absent=True)
    second = store.put(KEY, b"2", if_match=first)
    with pytest.raises(Conflict):
        store.put(KEY, b"3", if_match=first)
    store.delete(KEY)
    with pytest.raises(Conflict):
        store.put(KEY, b"3", if_match=second)


def test_of_many_swaps_at_once_one_wins(store: S3Store) -> None:
    first = store.put(KEY, b"0")

    def swap(number: int) -> bool:
        try:
            store.put(KEY, str(number).encode(), if_match=first)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(swap, range(1, 17))) == 1


def test_keys_are_listed_in_order_beyond_one_page(
    store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "20")  # what a page of a listing holds
    names = [f"pages/posts/{n:04}/index.html" for n in range(50)]
    names += ["pages/a b+c/é%/index.html"]
    for name in names:
        store.put(name, b"")
    store.put("lists/index.html", b"")
    assert list(store.keys("pages/")) == sorted(names)
    assert list(store.keys("pages/", names[48])) == [names[49]]


@pytest.mark.usefixtures("store")
def test_no_bucket_is_trouble_and_not_an_empty_site() -> None:
    missing = S3Store("no-such-bucket")
    with pytest.raises(Unavailable):
        missing.get(KEY)
    with pytest.raises(Unavailable):
        missing.put(KEY, b"")
    with pytest.raises(Unavailable):
        list(missing.keys("pages/"))


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("InternalError", 500, Unavailable),
        ("SlowDown", 503, Unavailable),
        ("AccessDenied", 403, Unavailable),
        ("PreconditionFailed", 412, Conflict),
        ("ConditionalRequestConflict", 409, Conflict),
    ],
)
def test_what_an_error_means(
    store: S3Store, code: str, status: int, expected: type[Exception]
) -> None:
    for operation, ask in (
        ("get_object", lambda: store.get(KEY)),
        ("head_object", lambda: store.head(KEY)),
        ("put_object", lambda: store.put(KEY, b"")),
        ("delete_object", lambda: store.delete(KEY)),
        ("list_objects_v2", lambda: list(store.keys("pages/"))),
    ):
        with Stubber(store._s3) as stub:
            stub.add_client_error(operation, code, http_status_code=status)
            with pytest.raises(expected):
                ask()


def test_what_cannot_be_listed_is_trouble_and_not_an_empty_site(store: S3Store) -> None:
    with Stubber(store._s3) as stub:
        stub.add_client_error("list_objects_v2", "NotFound", http_status_code=404)
        with pytest.raises(Unavailable):
            list(store.keys("pages/"))
        stub.add_client_error("put_object", "NotFound", http_status_code=404)
        with pytest.raises(Unavailable):
            store.put("state/fragments/a", b"")


def test_a_body_cut_short_is_trouble(store: S3Store) -> None:
    from datetime import UTC, datetime

    short = StreamingBody(io.BytesIO(b"abc"), content_length=10)
    answer = {"Body": short, "ETag": '"x"', "Metadata": {}, "LastModified": datetime.now(UTC)}
    with Stubber(store._s3) as stub:
        stub.add_response("get_object", answer)
        with pytest.raises(Unavailable):
            store.get(KEY)


@pytest.mark.usefixtures("store")
def test_the_edge_is_told_with_the_runs_reference() -> None:
    notifier = CloudFrontNotifier("D1", "")
    batch = {"Paths": {"Quantity": 1, "Items": ["/tags/*"]}, "CallerReference": "r1-0"}
    told = {"DistributionId": "D1", "InvalidationBatch": batch}
    with Stubber(notifier._cloudfront) as stub:
        for code, status in (("TooManyInvalidationsInProgress", 400), ("Throttling", 429)):
            stub.add_client_error(
                "create_invalidation", code, http_status_code=status, expected_params=told
            )
            with pytest.raises(Unavailable):
                notifier.invalidate(["/tags/*"], "r1-0")
        stub.assert_no_pending_responses()


def test_without_an_edge_nobody_is_told() -> None:
    notifier = CloudFrontNotifier("", "")
    notifier.invalidate(["/"], "r1")
    notifier.publish("https://example.org/feed.xml")
    assert "_cloudfront" not in notifier.__dict__  # no client was made
