"""The roles of deploys, plans and releases: enough for what Sula does, and nothing beyond it.

moto enforces each policy on S3 and SQS as the template states it. What it does otherwise than
Amazon's S3, and what is made of that here:

* a bulk removal is asked for once, of the bucket; S3 asks for each key. So keys are removed
  one by one;
* a PUT with tags is not asked whether it may tag. So `test_a_tag_needs_a_grant_of_its_own` reads.

What the roles may do elsewhere `tests/cloud/test_roles.py` compares with the calls that are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import enable_iam_authentication
from tests import roles
from tests.authored import NOW, Authored, Post
from tests.roles import BUCKET, REGION, Grant, assumed, grants

from edgefeed.contract import INDEX_KEY, RECORD_KEY
from sula.cloud.aws import Cloud, Endpoint, S3Objects
from sula.cloud.monitoring import SqsQueue
from sula.cloud.target import Target
from sula.errors import CloudError
from sula.publishing.claims import CLAIMS_KEY, Clock, claim
from sula.publishing.deploy import Deploy, Options, Outcome
from sula.publishing.rollback import Rollback

DEPLOY, PLAN, RELEASE = grants("DeployRole"), grants("PlanRole"), grants("ReleaseRole")
TAG = "s3:PutObjectTagging"
ONE, LATER = "pages/posts/one/index.html", "state/scheduled/posts/later/index.html"
_names = count()


def s3_of(granted: Sequence[Grant]) -> list[Grant]:
    return [one for one in granted if one.action.startswith("s3:") and one.action != TAG]


class OneByOne(S3Objects):
    """A bucket whose objects are removed one after the other; see the module."""

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._cloud.client("s3").delete_object(Bucket=BUCKET, Key=key)


class OurCloud(Cloud):
    """Clients with a session's credentials."""

    def __init__(self, session: boto3.Session) -> None:
        super().__init__(Endpoint(REGION))
        self._session = session


@dataclass
class Noted:
    """Schedules that only note what is asked of them."""

    waiting: set[str] = field(default_factory=set)

    def set(self, name: str, at: str, payload: Mapping[str, str]) -> None:
        assert at
        assert payload["page"]
        self.waiting.add(name)

    def cancel(self, name: str) -> None:
        self.waiting.discard(name)

    def exists(self, name: str) -> bool:
        return name in self.waiting


@dataclass
class Account:
    """An account with the site's bucket, and somebody who deploys to it as a role."""

    site: Authored
    owner: boto3.Session = field(default_factory=lambda: roles.session("testing", "testing"))
    schedules: Noted = field(default_factory=Noted)

    def __post_init__(self) -> None:
        self.s3 = self.owner.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        self.site.save(Post("posts/one.md", "One", "2026-01-01 09:00"))
        self.site.save(Post("posts/two.md", "Two", "2026-01-02 09:00"))
        self.site.save(Post("posts/later.md", "Later", "2099-01-01 09:00"))

    def session(self, granted: Sequence[Grant]) -> boto3.Session:
        return assumed(self.owner, granted, f"role{next(_names)}")

    def objects(self, session: boto3.Session) -> S3Objects:
        return OneByOne(OurCloud(session), BUCKET)

    def clock(self) -> Clock:
        return Clock(now=lambda: NOW, sleep=lambda _: None, jitter=lambda: 0.5)

    def deploying(self, session: boto3.Session, **options: bool) -> Deploy:
        target = Target(self.objects(session), schedules=self.schedules)
        return Deploy(self.site.look(), target, Options(**options), self.clock(), workers=1)

    def deploy(self, session: boto3.Session, **options: bool) -> Outcome:
        return self.deploying(session, force=True, **options).run()

    def there(self) -> dict[str, str]:
        found = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return {one["Key"]: one["ETag"] for one in found}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Account]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Account(Authored(tmp_path / "site"))


# --- deploys -------------------------------------------------------------------------------


def deploys(account: Account, session: boto3.Session) -> None:
    """All that a deploy ever does to the bucket. Raises when it is refused something."""
    site, objects = account.site, account.objects(session)
    account.deploy(session)
    # A page goes, a style becomes an obsolete asset, what waits is withdrawn.
    site.remove("posts/two.md")
    site.remove("posts/later.md")
    site.put("theme/static/style.css", "body { color: #333 }\n")
    account.deploy(session)
    site.save(Post("posts/later.md", "Later", "2099-01-01 09:00", "Again."))
    account.deploy(session)
    # Another deploy has died, and nobody knows what it did.
    claim(objects, "dead", [ONE, LATER], account.clock())
    site.save(Post("posts/one.md", "One", "2026-01-01 09:00", "A mistake."))
    account.deploy(session, verify=True)
    Rollback(Target(objects), objects, account.clock(), wait=False).run(1)


def test_the_deploy_role_is_enough(account: Account) -> None:
    session = account.session(DEPLOY)
    with enable_iam_authentication():
        deploys(account, session)
    assert {ONE, LATER, RECORD_KEY, CLAIMS_KEY} <= account.there().keys()
    assert "pages/posts/two/index.html" not in account.there()


@pytest.mark.parametrize("grant", s3_of(DEPLOY), ids=str)
def test_without_any_one_of_its_grants_a_deploy_fails(account: Account, grant: Grant) -> None:
    session = account.session([one for one in DEPLOY if one != grant])
    with enable_iam_authentication(), pytest.raises((CloudError, ClientError), match=r"Denied|403"):
        deploys(account, session)


def test_a_tag_needs_a_grant_of_its_own() -> None:
    """S3 asks for PutObjectTagging of a PUT with tags, which an obsolete asset's is."""
    assert [one.resource for one in DEPLOY if one.action == TAG] == [
        f"arn:aws:s3:::{BUCKET}/pages/*"
    ]


def test_dead_letters_are_counted_and_left_where_they_are(account: Account) -> None:
    made = account.owner.client("sqs").create_queue(QueueName=roles.DEAD_LETTERS.split(":")[-1])
    other = account.owner.client("sqs").create_queue(QueueName="events")["QueueUrl"]
    cloud = OurCloud(account.session(DEPLOY))
    letters = SqsQueue(cloud, made["QueueUrl"])
    with enable_iam_authentication():
        assert letters.depth() == (0, 0)
        for deed in (letters.peek, lambda: letters.move_to(other), SqsQueue(cloud, other).depth):
            with pytest.raises(CloudError, match="not authorized"):
                deed()
    without = [one for one in DEPLOY if not one.action.startswith("sqs:")]
    letters = SqsQueue(OurCloud(account.session(without)), made["QueueUrl"])
    with enable_iam_authentication(), pytest.raises(CloudError, match="not authorized"):
        letters.depth()


# --- plans ---------------------------------------------------------------------------------


def plans(account: Account, session: boto3.Session) -> None:
    """All that a plan reads: on a quiet day, and after a deploy that died."""
    assert account.deploying(session).prepared().plan.jobs
    assert account.deploying(session, verify=True).prepared().plan.jobs


@pytest.fixture
def published(account: Account) -> Account:
    """A site of which an author has changed a post, and to which another's deploy has died."""
    account.deploy(account.owner)
    claim(account.objects(account.owner), "dead", [ONE, LATER], account.clock())
    account.site.save(Post("posts/one.md", "One", "2026-01-01 09:00", "Changed."))
    return account


def test_the_plan_role_is_enough(published: Account) -> None:
    before = published.there()
    session = published.session(PLAN)
    with enable_iam_authentication():
        plans(published, session)
    assert published.there() == before


@pytest.mark.parametrize("grant", s3_of(PLAN), ids=str)
def test_without_any_one_of_its_grants_a_plan_fails(published: Account, grant: Grant) -> None:
    session = published.session([one for one in PLAN if one != grant])
    with enable_iam_authentication(), pytest.raises(CloudError, match=r"Denied|403"):
        plans(published, session)


# --- releases ------------------------------------------------------------------------------

PAGE = "posts/later/index.html"


def release(account: Account, session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The release function as the template has it, called by a schedule."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    monkeypatch.setenv("BUCKET", BUCKET)
    code: dict[str, Any] = {}
    exec(roles.resource("Release")["Code"]["ZipFile"], code)  # noqa: S102 - that is what it is for
    assert account.s3.head_object(Bucket=BUCKET, Key=LATER)
    with enable_iam_authentication():
        return code["handler"]({"page": PAGE}, None)


def test_the_release_role_is_enough(published: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    session = published.session(RELEASE)
    assert release(published, session, monkeypatch)["released"]
    made = published.s3.get_object(Bucket=BUCKET, Key=f"pages/{PAGE}")
    kept = published.s3.get_object(Bucket=BUCKET, Key=LATER)
    for name in ("ETag", "ContentType", "CacheControl"):
        assert made[name] == kept[name]
    # Twice is no harm, even after the page was changed.
    published.s3.put_object(Bucket=BUCKET, Key=f"pages/{PAGE}", Body=b"edited")
    again = release(published, session, monkeypatch)
    assert again == {"page": PAGE, "released": False, "reason": "PreconditionFailed"}
    assert published.s3.get_object(Bucket=BUCKET, Key=f"pages/{PAGE}")["Body"].read() == b"edited"


def test_a_release_that_may_not_read_releases_nothing(
    published: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 says the same of a page that was withdrawn, so it is no error: a deploy publishes it."""
    session = published.session([one for one in RELEASE if one.action != "s3:GetObject"])
    assert not release(published, session, monkeypatch)["released"]
    assert f"pages/{PAGE}" not in published.there()


def test_a_release_that_may_not_write_rings_the_alarm(
    published: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = published.session([one for one in RELEASE if one.action != "s3:PutObject"])
    with pytest.raises(ClientError, match="Denied"):
        release(published, session, monkeypatch)


# --- what is none of their business ----------------------------------------------------------

Deed = Callable[[Any], object]


def put(key: str) -> Deed:
    return lambda s3: s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")


def get(key: str) -> Deed:
    return lambda s3: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def remove(key: str, **more: str) -> Deed:
    return lambda s3: s3.delete_object(Bucket=BUCKET, Key=key, **more)


ELSEWHERE: dict[str, Deed] = {
    "list another bucket": lambda s3: s3.list_objects_v2(Bucket="other"),
    "read another bucket": lambda s3: s3.get_object(Bucket="other", Key="pages/a.html"),
    "write another bucket": lambda s3: s3.put_object(Bucket="other", Key="pages/a.html"),
    "list buckets": lambda s3: s3.list_buckets(),
    "stop the versions": lambda s3: s3.put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
    ),
    "open the bucket": lambda s3: s3.put_bucket_policy(Bucket=BUCKET, Policy="{}"),
    "remove the bucket": lambda s3: s3.delete_bucket(Bucket=BUCKET),
    "write a list": put("lists/feed.xml"),
    "remove a list": remove("lists/feed.xml"),
    "read a list": get("lists/feed.xml"),
    "read the index": get(INDEX_KEY),
    "write the index": put(INDEX_KEY),
    "write at the top": put("index.html"),
    "write beside the pages": put("pagesx/a.html"),
    "write beside what waits": put("state/scheduledx/a.html"),
}
NO_DEPLOY = ELSEWHERE | {
    "forget a version": remove(ONE, VersionId="null"),
    "forget the record": remove(RECORD_KEY),
    "forget the claims": remove(CLAIMS_KEY),
    "write other state": put("state/other.json"),
}
NO_PLAN = NO_DEPLOY | {
    "write a page": put(ONE),
    "remove a page": remove(ONE),
    "write the record": put(RECORD_KEY),
    "claim": put(CLAIMS_KEY),
    "let something wait": put(LATER),
    "list versions": lambda s3: s3.list_object_versions(Bucket=BUCKET),
}
NO_RELEASE = NO_DEPLOY | {
    "read a page": get(ONE),
    "remove a page": remove(ONE),
    "read the record": get(RECORD_KEY),
    "write the record": put(RECORD_KEY),
    "read the claims": get(CLAIMS_KEY),
    "let something wait": put(LATER),
    "withdraw what waits": remove(LATER),
    "list the bucket": lambda s3: s3.list_objects_v2(Bucket=BUCKET),
}


@pytest.mark.parametrize(
    ("granted", "deeds"),
    [(DEPLOY, NO_DEPLOY), (PLAN, NO_PLAN), (RELEASE, NO_RELEASE)],
    ids=["deploy", "plan", "release"],
)
def test_what_a_role_has_no_business_with_is_refused(
    published: Account, granted: Sequence[Grant], deeds: Mapping[str, Deed]
) -> None:
    published.s3.create_bucket(Bucket="other")
    published.s3.put_object(Bucket="other", Key="pages/a.html", Body=b"x")
    for key in ("lists/feed.xml", INDEX_KEY):
        published.s3.put_object(Bucket=BUCKET, Key=key, Body=b"as it was")
    before = published.there()
    session = published.session(granted)
    with enable_iam_authentication():
        for what, deed in deeds.items():
            with pytest.raises(ClientError) as refused:
                deed(session.client("s3"))
            assert refused.value.response["Error"]["Code"] == "AccessDenied", what
    assert published.there() == before
