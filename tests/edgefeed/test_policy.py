"""The role of the function: enough for all it does, and nothing that it can do without.

moto enforces the policy as the template states it, for S3 and SQS: every call of a whole
journey is made with credentials of that role. It knows no conditions (the role has none) and
does not check CloudFront's and CloudWatch's resources, so those statements are compared with
the calls that the code makes, and with the resources by name. Nor does moto say 403 instead
of 404 of a missing object to who may not list the bucket, as S3 does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import enable_iam_authentication
from tests import roles
from tests.edgefeed import sample_pages
from tests.edgefeed.sample_pages import BROKEN, SITE, THEME, key_of, post, static
from tests.roles import BUCKET, LOG, QUEUE, Grant, assumed, grants, resource

from edgefeed import aws, contract
from edgefeed.handler import Function
from edgefeed.laptop.stores import Silent
from edgefeed.lists import Theme
from edgefeed.page import read_page
from edgefeed.ports import Ports
from edgefeed.store import Unavailable

ALL = grants()
ROLE = resource("FunctionRole")
S3 = [grant for grant in ALL if grant.action.startswith("s3:")]
SQS = [grant for grant in ALL if grant.action.startswith("sqs:")]
RENDERER = Theme(THEME.templates, SITE)
ABOUT = "pages/about/index.html"


class Amazon:
    """An account with the site's bucket and queue. `owner` may do everything."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.owner = roles.session("testing", "testing")
        self.s3 = self.owner.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)
        self.queue = self.owner.client("sqs").create_queue(QueueName=QUEUE.rpartition(":")[2])
        self._names = count()

    def session(self, granted: Sequence[Grant]) -> boto3.Session:
        """Credentials of a role with just these grants."""
        return assumed(self.owner, granted, f"role{next(self._names)}")

    def store(self, session: boto3.Session) -> aws.S3Store:
        """edgefeed's store, with the credentials of a session."""
        self._monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
        return aws.S3Store(BUCKET)

    def function(self, session: boto3.Session) -> Function:
        """edgefeed as a cold start makes it, but that it does not wait between attempts."""
        ticks = count(1_000)
        ports = Ports(
            self.store(session), partial(read_page, site=SITE), RENDERER, Silent(),
            lambda: float(next(ticks)) / 1_000, lambda _: None,
        )  # fmt: skip
        return Function(SITE, ports, most_time=60)

    def lists(self) -> dict[str, bytes]:
        return {key: self.read(key) for key in self.named() if key.startswith(contract.LISTS)}

    def named(self) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=BUCKET)
        return [one["Key"] for one in listed.get("Contents", [])]

    def read(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Amazon]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Amazon(monkeypatch)


def message(number: int, *keys: str) -> dict[str, Any]:
    records = [{"s3": {"object": {"key": key}}} for key in keys]
    return {"messageId": f"m{number}", "body": json.dumps({"Records": records})}


BEFORE = {
    **{key_of(f"p{day}"): post(f"p{day}", day) for day in range(1, 6)},
    ABOUT: static("/about/", "About"),
    key_of("broken"): BROKEN,
}
# One post is edited, two are gone (and with them the newest page), one is mended.
AFTER = {
    **{key: body for key, body in BEFORE.items() if key not in {key_of("p2"), key_of("p3")}},
    key_of("p5"): post("p5", 5, "Another title", tags=("Birds", "Gulls")),
    key_of("broken"): post("broken", 6),
}


@pytest.fixture(scope="session")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return sample_pages.from_scratch(AFTER, tmp_path_factory.mktemp("pages"))


def travel(amazon: Amazon, session: boto3.Session) -> None:
    """All that the function is ever asked to do. Raises when it is refused something.

    Only the owner's writes to ``pages/`` are made without the role's credentials.
    """

    def run(event: dict[str, Any]) -> dict[str, Any]:
        # A new function each time: nothing is remembered, everything has to be read.
        function = amazon.function(session)
        with enable_iam_authentication():
            answer = function(event, "request", 60)
        assert not answer.get("batchItemFailures"), answer
        return answer

    for key, body in BEFORE.items():
        amazon.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    run({"Records": [message(1, *BEFORE)]})
    assert json.loads(amazon.read(contract.PROBLEMS_KEY))["problems"]
    for key in BEFORE.keys() - AFTER.keys():
        amazon.s3.delete_object(Bucket=BUCKET, Key=key)
    for key, body in AFTER.items():
        amazon.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    # Only what changed: the others' fragments have to be fetched for the lists they share.
    changed = sorted(k for k in BEFORE | AFTER if BEFORE.get(k) != AFTER.get(k))
    run({"Records": [message(2, *changed[:1]), message(3, *changed)]})
    run({"keys": [ABOUT]})
    run({"refresh": True})
    amazon.s3.put_object(Bucket=BUCKET, Key="lists/tags/foreign.html", Body=b"")
    assert run({"rebuild": True}) == {"done": True}
    status = run({"status": True, "keys": [*BEFORE, *AFTER]})
    assert (status["pending"], status["owed"], status["problems"]) == ([], 0, [])


def test_the_role_is_enough(amazon: Amazon, expected: dict[str, bytes]) -> None:
    travel(amazon, amazon.session(ALL))
    assert amazon.lists() == expected
    assert json.loads(amazon.read(contract.PROBLEMS_KEY)) == {"problems": []}


def test_there_is_something_to_leave_out() -> None:
    assert len(S3) > 8
    assert len(SQS) == 4


@pytest.mark.parametrize("grant", S3, ids=str)
def test_without_any_one_of_its_grants_it_fails(amazon: Amazon, grant: Grant) -> None:
    session = amazon.session([one for one in ALL if one != grant])
    with pytest.raises((Unavailable, AssertionError)) as refused:
        travel(amazon, session)
    assert "batchItemFailures" in str(refused.value) or "Denied" in str(refused.value)


REFUSED: dict[str, Callable[[aws.S3Store], object]] = {
    "write a page": lambda store: store.put(key_of("p1"), b"x"),
    "overwrite a page": lambda store: store.put(key_of("p1"), b"x", if_match='"0"'),
    "remove a page": lambda store: store.delete(key_of("p1")),
    "read the build record": lambda store: store.get(contract.RECORD_KEY),
    "write the build record": lambda store: store.put(contract.RECORD_KEY, b"x"),
    "remove the build record": lambda store: store.delete(contract.RECORD_KEY),
    "remove its index": lambda store: store.delete(contract.INDEX_KEY),
    "write beside its state": lambda store: store.put("state/index.jsonl.gz.old", b"x"),
    "write elsewhere": lambda store: store.put("listsx/feed.xml", b"x"),
    "write at the top": lambda store: store.put("index.html", b"x"),
}


@pytest.mark.parametrize("deed", REFUSED.values(), ids=REFUSED.keys())
def test_what_it_has_no_business_with_is_refused(
    amazon: Amazon, deed: Callable[[aws.S3Store], object]
) -> None:
    for key in (key_of("p1"), contract.RECORD_KEY, contract.INDEX_KEY):
        amazon.s3.put_object(Bucket=BUCKET, Key=key, Body=b"as it was")
    before = {key: amazon.read(key) for key in amazon.named()}
    store = amazon.store(amazon.session(ALL))
    with enable_iam_authentication(), pytest.raises(Unavailable, match="Denied"):
        deed(store)
    assert {key: amazon.read(key) for key in amazon.named()} == before


def test_another_bucket_is_out_of_reach(amazon: Amazon) -> None:
    amazon.s3.create_bucket(Bucket="other")
    amazon.s3.put_object(Bucket="other", Key="pages/a.html", Body=b"x")
    client = amazon.session(ALL).client("s3")
    off = {"Status": "Suspended"}
    deeds: dict[str, dict[str, Any]] = {
        "get_object": {"Bucket": "other", "Key": "pages/a.html"},
        "put_object": {"Bucket": "other", "Key": "lists/a.html", "Body": b"x"},
        "list_objects_v2": {"Bucket": "other"},
        "list_buckets": {},
        "put_bucket_versioning": {"Bucket": BUCKET, "VersioningConfiguration": off},
        "delete_bucket": {"Bucket": BUCKET},
    }
    with enable_iam_authentication():
        for name, arguments in deeds.items():
            with pytest.raises(ClientError, match="Denied"):
                getattr(client, name)(**arguments)


# --- the queue: Lambda's poller and the function use the role ------------------------------


def poll(session: boto3.Session, url: str) -> int:
    """What Lambda and the function do with the queue; returns how many messages came."""
    sqs = session.client("sqs")
    with enable_iam_authentication():
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        received = sqs.receive_message(QueueUrl=url).get("Messages", [])
        for one in received:
            # One by one: moto asks for actions of the batches' names, which do not exist.
            sqs.change_message_visibility(
                QueueUrl=url, ReceiptHandle=one["ReceiptHandle"], VisibilityTimeout=1
            )
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return len(received)


def test_events_can_be_taken_and_not_made(amazon: Amazon) -> None:
    sqs, url = amazon.owner.client("sqs"), amazon.queue["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    session = amazon.session(ALL)
    assert poll(session, url) == 1
    other = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    with pytest.raises(ClientError, match="not authorized"):
        poll(session, other)
    with enable_iam_authentication(), pytest.raises(ClientError, match="not authorized"):
        session.client("sqs").send_message(QueueUrl=url, MessageBody="{}")


@pytest.mark.parametrize("grant", SQS, ids=str)
def test_without_any_one_of_these_no_event_is_taken(amazon: Amazon, grant: Grant) -> None:
    amazon.owner.client("sqs").send_message(QueueUrl=amazon.queue["QueueUrl"], MessageBody="{}")
    session = amazon.session([one for one in ALL if one != grant])
    with pytest.raises(ClientError, match="not authorized"):
        poll(session, amazon.queue["QueueUrl"])


# --- what moto cannot refuse --------------------------------------------------------------


def test_the_edge_may_be_told_and_asked_as_the_notifier_does(amazon: Amazon) -> None:
    """The calls that the notifier makes are the actions granted, on this edge alone."""
    called: list[str] = []
    session = amazon.session(ALL)
    session.events.register("before-call.cloudfront", lambda model, **_: called.append(model.name))
    amazon.store(session)
    notifier = aws.CloudFrontNotifier("EDGE123", "http://127.0.0.1:9/")
    with pytest.raises(Unavailable):  # no such distribution; the call was made
        notifier.invalidate(["/"], "1")
    notifier._pending = "I1"
    with pytest.raises(Unavailable):  # no hub listens there
        notifier.publish("https://blog.example/feed.xml")
    granted = [grant for grant in ALL if grant.action.startswith("cloudfront:")]
    assert {f"cloudfront:{name}" for name in called} == {grant.action for grant in granted}
    assert {grant.resource for grant in granted} == {
        "arn:aws:cloudfront::123456789012:distribution/EDGE123"
    }


def test_the_log_may_be_written_and_that_is_all() -> None:
    granted = [grant for grant in ALL if grant.action.startswith("logs:")]
    assert {grant.action for grant in granted} == {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert {grant.resource for grant in granted} == {LOG}


def test_these_are_all_its_grants() -> None:
    services = {grant.action.partition(":")[0] for grant in ALL}
    assert services == {"s3", "sqs", "cloudfront", "logs"}
    assert not [grant for grant in ALL if "*" in grant.action or grant.resource == "*"]
    assert len({(grant.action, grant.resource) for grant in ALL}) == len(ALL)
    # Neither a policy of Amazon's, which can grow, nor a boundary that could hide a grant.
    assert not ROLE.keys() & {"ManagedPolicyArns", "PermissionsBoundary"}


def test_only_lambda_may_take_the_role() -> None:
    (trust,) = ROLE["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert trust["Action"] == "sts:AssumeRole"
