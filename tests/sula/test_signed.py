"""Signed requests without boto3: signed as botocore signs, kept alive, honest in failure."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from sula import quick
from sula.aws import Cloud, Endpoint, S3Objects
from sula.errors import CloudError, Conflict, Unavailable
from sula.local import LocalCloud
from sula.services import CloudFrontEdge, LambdaFunction
from sula.signed import Keys, Request, Scope, Wire, keys_of, plainly, sign

KEYS = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.sampled_from(["text/html; charset=utf-8", "x/y"]),
        "cache-control": st.just("public,  max-age=60"),
        "x-amz-meta-digest": st.text("abc ", max_size=5).map(str.strip),
        "if-none-match": st.just("*"),
    },
)


REQUESTS = st.builds(
    lambda key, query, headers, body: Request(
        "PUT",
        f"https://bucket.example:8443/{quote(key, safe='/-_.~')}" + (query and f"?{query}"),
        headers,
        body,
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["", "Qualifier=live", "b=2&a=1"]),
    HEADERS,
    st.binary(max_size=20),
)


@settings(max_examples=60, deadline=None)
@given(
    service=st.sampled_from(["s3", "lambda", "cloudfront"]),
    asked=REQUESTS,
    token=st.sampled_from(["", "token/+="]),
)
def test_it_signs_as_botocore_does(service: str, asked: Request, token: str) -> None:
    request = AWSRequest("PUT", asked.url, dict(asked.headers), asked.body)
    own = Credentials(KEYS.access, KEYS.secret, token or None)
    (S3SigV4Auth if service == "s3" else SigV4Auth)(own, service, "eu-central-1").add_auth(request)
    theirs = dict(request.headers.items())
    when = datetime.strptime(theirs["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = sign(asked, KEYS._replace(token=token), Scope("eu-central-1", service), when)
    assert ours["authorization"] == theirs["Authorization"]


@pytest.mark.parametrize(
    ("region", "environment", "plain"),
    [
        ("eu-central-1", {}, True),
        ("us-gov-west-1", {}, False),
        ("cn-north-1", {}, False),
        ("eu-isoe-west-1", {}, False),
        ("us-east-1", {"https_proxy": "http://proxy:1"}, False),
        ("us-east-1", {"AWS_ENDPOINT_URL_S3": "http://x"}, False),
        ("us-east-1", {"AWS_USE_FIPS_ENDPOINT": "true"}, False),
        ("us-east-1", {"AWS_PROFILE": "mine"}, False),
    ],
)
def test_only_the_ordinary_case_is_quick(
    region: str, environment: dict[str, str], *, plain: bool
) -> None:
    assert plainly(region, environment) == plain


def test_keys_come_from_the_environment_or_not_at_all() -> None:
    named = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"}
    assert keys_of(named) == Keys("a", "s")
    assert keys_of(named | {"AWS_SESSION_TOKEN": "t"}) == Keys("a", "s", "t")
    assert keys_of({"AWS_ACCESS_KEY_ID": "a"}) is None


def test_where_there_are_no_keys_boto3_looks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    cloud = Cloud(Endpoint("eu-central-1"))
    assert type(quick.objects(cloud, "b")) is S3Objects
    assert type(quick.function(cloud, "f")) is LambdaFunction
    assert type(quick.edge(cloud, "E1")) is CloudFrontEdge
    dotted = Cloud(Endpoint("us-east-1", "http://127.0.0.1:9", "test", "test"))
    assert type(quick.objects(dotted, "www.blog.example")) is S3Objects


# --- against the local cloud ---------------------------------------------------------------


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with LocalCloud() as local:
        local.cloud.client("s3").create_bucket(Bucket="bucket")
        yield local.cloud


@pytest.mark.parametrize("key", ["pages/é +.txt", "a//b/../c", "100%.html", "q?x=1&y#z", "=*'()"])
def test_both_ways_see_the_same_object(cloud: Cloud, key: str) -> None:
    ours, theirs = quick.objects(cloud, "bucket"), S3Objects(cloud, "bucket")
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
    objects = quick.objects(cloud, "bucket")

    def put(body: bytes, **condition: str | bool | None) -> str:
        return objects.put("cas", body, content_type="a/b", cache_control="", **condition)  # type: ignore[arg-type] # one of two

    first = put(b"1", if_absent=True)
    with pytest.raises(Conflict):
        put(b"2", if_absent=True)
    assert put(b"2", if_match=first) != first
    with pytest.raises(Conflict):
        put(b"3", if_match=first)
    objects.delete(["cas"])
    with pytest.raises(Conflict):
        put(b"4", if_match=first)


def test_what_no_header_can_hold_goes_through_boto3(cloud: Cloud) -> None:
    objects = quick.objects(cloud, "bucket")
    with pytest.raises(CloudError, match="writing k: "):
        objects.put("k", b"", content_type="a/b", cache_control="", metadata={"m": "ü"})


def test_a_missing_bucket_is_said(cloud: Cloud) -> None:
    objects = quick.objects(cloud, "elsewhere")
    with pytest.raises(CloudError, match="reading k: NoSuchBucket: "):
        objects.get("k")
    with pytest.raises(CloudError, match="writing k: NoSuchBucket: "):
        objects.put("k", b"", content_type="a/b", cache_control="")


def test_a_missing_function_is_said(cloud: Cloud) -> None:
    with pytest.raises(CloudError, match="invoking function none: ResourceNotFoundException"):
        quick.function(cloud, "none").invoke({"status": True})


def test_an_edge_forgets(cloud: Cloud) -> None:
    cloudfront = cloud.client("cloudfront")
    made = cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": "c", "Comment": "", "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [{
                "Id": "o", "DomainName": "b.s3.us-east-1.amazonaws.com",
                "S3OriginConfig": {"OriginAccessIdentity": ""},
            }]},
            "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all"},
        }
    )["Distribution"]["Id"]  # fmt: skip
    edge = quick.edge(cloud, made)
    edge.invalidate([], "none")
    edge.invalidate(["/posts/a&b/", "/posts/%C3%A9/"], "deploy-1")
    listed = cloudfront.list_invalidations(DistributionId=made)["InvalidationList"]["Items"]
    found = cloudfront.get_invalidation(DistributionId=made, Id=listed[0]["Id"])["Invalidation"]
    assert found["InvalidationBatch"]["Paths"]["Items"] == ["/posts/%C3%A9/", "/posts/a&b/"]
    assert found["InvalidationBatch"]["CallerReference"] == "deploy-1"


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

    server = ThreadingHTTPServer(("127.0.0.1", 0), Mine)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    where = Endpoint("us-east-1", f"http://127.0.0.1:{server.server_address[1]}", "test", "test")
    objects = quick.objects(Cloud(where), "b")
    yield objects, Mine
    del objects
    server.shutdown()
    thread.join()
    server.server_close()


def put(objects: S3Objects, **condition: str | bool) -> str:
    return objects.put("k", b"x", content_type="a/b", cache_control="", **condition)  # type: ignore[arg-type] # one of two


def test_an_unconditional_write_is_tried_again(moody: tuple[S3Objects, type[Moody]]) -> None:
    objects, server = moody
    server.moods[:] = [503, 0, 500]
    assert put(objects) == '"e"'
    assert not server.moods


def test_a_conditional_write_is_sent_once(moody: tuple[S3Objects, type[Moody]]) -> None:
    objects, server = moody
    for mood in (0, 500, 503):
        server.moods[:] = [mood, 200]
        with pytest.raises(Unavailable):
            put(objects, if_match='"o"')
        assert server.moods == [200]
    server.moods[:] = [412]
    with pytest.raises(Conflict):
        put(objects, if_absent=True)


def test_connections_are_kept(moody: tuple[S3Objects, type[Moody]]) -> None:
    objects, server = moody
    for _ in range(5):
        put(objects)
    assert len(server.peers) == 1


def test_nobody_there_is_unavailable() -> None:
    wire = Wire("http://127.0.0.1:9", Scope("us-east-1", "s3"), KEYS, 1.0)
    with pytest.raises(Unavailable, match="did not answer"):
        wire.request("GET", "/")
