"""The boto3 module against moto, and against a cloud that misbehaves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import TypedDict

import pytest
from moto import mock_aws
from tests.serving import serving

from sula.cloud import object_store
from sula.cloud.aws import Cloud, Endpoint, S3Objects
from sula.cloud.monitoring import SqsQueue, alarms_of
from sula.errors import CloudError, Conflict, Unavailable


class Headers(TypedDict):
    content_type: str
    cache_control: str


TEXT = Headers(content_type="text/plain; charset=utf-8", cache_control="max-age=5")
KEYS = Endpoint("us-east-1", access_key="test", secret_key="test")


@pytest.fixture
def objects() -> Iterator[S3Objects]:
    with mock_aws():
        cloud = Cloud(KEYS)
        s3 = cloud.client("s3")
        s3.create_bucket(Bucket="bucket")
        s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
        yield S3Objects(cloud, "bucket")


def test_what_is_put_is_got(objects: S3Objects) -> None:
    etag = objects.put("pages/é +.txt", b"hello", metadata={"digest": "x"}, **TEXT)
    assert etag == '"5d41402abc4b2a76b9719d911017c592"'
    found = objects.get("pages/é +.txt")
    assert found is not None
    assert found.body == b"hello"
    assert (found.etag, dict(found.metadata)) == (etag, {"digest": "x"})
    assert (found.content_type, found.cache_control) == ("text/plain; charset=utf-8", "max-age=5")
    assert found.modified.endswith("Z")
    assert len(found.modified) == 20
    head = objects.head("pages/é +.txt")
    assert head is not None
    assert (head.etag, head.size, head.content_type) == (etag, 5, found.content_type)


def test_what_is_not_there_is_none(objects: S3Objects) -> None:
    assert objects.get("nothing") is None
    assert objects.head("nothing") is None
    objects.delete(["nothing"])


def test_compare_and_swap(objects: S3Objects) -> None:
    first = objects.put("k", b"1", if_absent=True, **TEXT)
    with pytest.raises(Conflict):
        objects.put("k", b"2", if_absent=True, **TEXT)
    second = objects.put("k", b"2", if_match=first, **TEXT)
    with pytest.raises(Conflict):
        objects.put("k", b"3", if_match=first, **TEXT)
    assert objects.put("k", b"3", if_match=second, **TEXT) != second


def test_swapping_what_is_gone_is_a_conflict(objects: S3Objects) -> None:
    etag = objects.put("k", b"1", **TEXT)
    objects.delete(["k"])
    with pytest.raises(Conflict):
        objects.put("k", b"2", if_match=etag, **TEXT)


def test_tags_with_the_object(objects: S3Objects) -> None:
    objects.put("k", b"x", tags={"a b": "c=d+e"}, **TEXT)
    tags = objects._cloud.client("s3").get_object_tagging(Bucket="bucket", Key="k")["TagSet"]
    assert tags == [{"Key": "a b", "Value": "c=d+e"}]


def test_listing_and_removing_go_beyond_one_page(
    objects: S3Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "20")  # what a page of a listing holds
    keys = [f"pages/{n:05}" for n in range(50)]
    for key in keys:
        objects.put(key, b"", **TEXT)
    objects.put("state/x", b"", **TEXT)
    assert [one.key for one in objects.list("pages/")] == keys
    # S3 takes a thousand names at once; those that are not there are no error.
    objects.delete([*(f"pages/none/{n}" for n in range(1200)), *keys])
    assert not list(objects.list("pages/"))
    assert [one.key for one in objects.list("")] == ["state/x"]


def test_a_missing_bucket_is_a_cloud_error_that_says_what_was_tried(objects: S3Objects) -> None:
    other = S3Objects(objects._cloud, "elsewhere")
    with pytest.raises(CloudError, match="writing k: NoSuchBucket"):
        other.put("k", b"", **TEXT)


def test_a_queue_is_counted_and_read_without_taking(objects: S3Objects) -> None:
    cloud = objects._cloud
    url = cloud.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    for number in range(3):
        cloud.client("sqs").send_message(QueueUrl=url, MessageBody=str(number))
    queue = SqsQueue(cloud, url)
    assert queue.depth() == (3, 0)
    assert sorted(letter.body for letter in queue.peek()) == ["0", "1", "2"]
    assert sum(queue.depth()) == 3
    assert len({letter.id for letter in SqsQueue(cloud, url).peek(limit=2)}) <= 2


def test_alarms_are_those_of_one_stack_even_where_another_is_named_alike(
    objects: S3Objects,
) -> None:
    cloudwatch = objects._cloud.client("cloudwatch")
    for stack in ("blog", "blog-two", "my-blog"):
        cloudwatch.put_metric_alarm(
            AlarmName=f"{stack}-errors", Namespace="n", MetricName="m", Statistic="Sum", Period=60,
            EvaluationPeriods=1, Threshold=0, ComparisonOperator="GreaterThanThreshold",
            AlarmActions=[f"arn:aws:sns:us-east-1:123456789012:{stack}-alarms"],
        )  # fmt: skip
    assert [alarm.name for alarm in alarms_of(objects._cloud, "blog")] == ["errors"]
    assert [alarm.name for alarm in alarms_of(objects._cloud, "blog-two")] == ["errors"]


# --- misbehaviour ---------------------------------------------------------------------------


class Broken(BaseHTTPRequestHandler):
    """Answers 500 to every request, and counts them."""

    # Who speaks the older protocol never says that a body may come, and boto3 waits a second.
    protocol_version = "HTTP/1.1"
    asked: list[str] = []  # noqa: RUF012 - each fixture gives it its own

    def do_PUT(self) -> None:
        self.asked.append(self.command)
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_PUT  # noqa: N815 - the base class's name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def broken() -> Iterator[tuple[S3Objects, list[str]]]:
    class Mine(Broken):
        asked: list[str] = []  # noqa: RUF012

    with serving(Mine) as url:
        yield S3Objects(Cloud(Endpoint("us-east-1", url, "test", "test")), "b"), Mine.asked


def test_a_conditional_write_is_sent_once(broken: tuple[S3Objects, list[str]]) -> None:
    objects, asked = broken
    with pytest.raises(Unavailable):
        objects.put("k", b"x", if_absent=True, **TEXT)
    with pytest.raises(Unavailable):
        objects.put("k", b"x", if_match='"e"', **TEXT)
    assert asked == ["PUT", "PUT"]


def test_other_requests_are_tried_again(broken: tuple[S3Objects, list[str]]) -> None:
    objects, asked = broken
    with pytest.raises(Unavailable, match="reading k"):
        objects.get("k")
    assert len(asked) == 4


def test_a_cloud_that_is_away_is_unavailable() -> None:
    nobody = S3Objects(Cloud(Endpoint("us-east-1", "http://127.0.0.1:9", "test", "test")), "b")
    with pytest.raises(Unavailable, match="did not answer"):
        nobody.put("k", b"x", if_absent=True, **TEXT)


def test_no_credentials_come_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(CloudError, match="AWS_PROFILE"):
        S3Objects(Cloud(Endpoint("us-east-1")), "b").get("k")


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("ExpiredToken", "sign in again"),
        ("InvalidAccessKeyId", "check AWS_PROFILE"),
        ("SignatureDoesNotMatch", "the secret key does not fit"),
        ("RequestTimeTooSkewed", "clock is wrong"),
        ("AccessDenied", "(: no)?$"),  # a matter of policies
    ],
)
def test_credentials_that_are_refused_come_with_the_remedy(code: str, remedy: str) -> None:
    """Whichever way is taken to S3."""
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()

    class Refusing(Broken):
        def do_GET(self) -> None:
            self.send_response(403)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(Refusing) as url:
        cloud = Cloud(Endpoint("us-east-1", url, "test", "test"))
        for objects in (cloud.objects("b"), object_store.objects(cloud, "b")):
            with pytest.raises(CloudError, match=rf"reading k: {code}.*{remedy}") as caught:
                objects.get("k")
            assert ("credentials" in str(caught.value)) == (code != "AccessDenied")


def test_importing_costs_no_boto3() -> None:
    code = "import sula.cloud.aws, sula.cloud.services, sula.cloud.stack, sula.local.cloud, sys; print('boto3' in sys.modules, 'botocore' in sys.modules)"  # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
