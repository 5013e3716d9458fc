"""The bundle as Lambda runs it: unpacked, alone on the path, under Amazon's own client.

The processor and Python are this machine's, so the compiled libraries come from this
environment and not from Amazon Linux's wheels (`test_runtime_wheels` sees to those).
Everything else is as there: no site-packages, boto3 from a folder that stands for Lambda's,
S3 over HTTP (moto), the Runtime API, recorded events. The expected lists are worked out by
edgefeed in this process on plain files.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from tests.edgefeed.moto_endpoint import MotoEndpoint
from tests.edgefeed.runtime_api import FunctionFailedError, Lambda, lambdas_own
from tests.edgefeed.sample_pages import BROKEN, SITE, THEME, key_of, post, static
from tests.edgefeed.world import ACKNOWLEDGED, BUCKET, EVENTS, World, message

from edgefeed.contract import PROBLEMS_KEY
from sula.publishing import bundle, dependencies

HANDLERS = ("index.handler", "edgefeed.handler.handler")


@pytest.fixture(scope="session")
def code() -> bytes:
    """The zip, with the libraries that are installed here."""
    libraries = dict(dependencies.installed(dependencies.needed()))
    return bundle.build(SITE, dict(THEME.templates), libraries).code


@pytest.fixture(scope="session")
def unpacked(code: bytes, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The bundle in an empty folder, and a folder that stands for Lambda's own libraries."""
    base = tmp_path_factory.mktemp("lambda")
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        archive.extractall(base / "task")
    return base / "task", lambdas_own(base / "runtime")


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[MotoEndpoint]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws(), MotoEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def start(
    unpacked: tuple[Path, Path], endpoint: MotoEndpoint, tmp_path: Path
) -> Iterator[Callable[..., World]]:
    """Starts the function, with more environment if asked."""
    with ExitStack() as stack:

        def begin(handler: str = HANDLERS[0], **more: str) -> World:
            world = World.of(unpacked, handler, endpoint, tmp_path, **more)
            stack.enter_context(world.function)
            return world

        yield begin


@pytest.fixture
def world(start: Callable[..., World]) -> World:
    return start()


def test_the_bundle_leaves_out_what_lambda_has(unpacked: tuple[Path, Path]) -> None:
    task, runtime = unpacked
    held = {path.name for path in task.iterdir()}
    assert {"edgefeed", "lxml", "msgspec", "jinja2", "index.py", "site.json", "templates"} <= held
    assert not held & {"boto3", "botocore", "s3transfer", "awslambdaric", "pelican", "sula"}
    assert not list(task.rglob("*.pyc"))
    assert {"boto3", "botocore", "awslambdaric"} <= {path.name for path in runtime.iterdir()}


@pytest.mark.parametrize("handler", HANDLERS)
def test_from_event_to_lists(start: Callable[..., World], handler: str) -> None:
    world = start(handler)
    for day, name in enumerate(("hello", "mit leer", "a+b", "100%", "überblick"), 1):
        world.put(key_of(name), post(name, day, tags=("Birds", "C++" if day % 2 else "C#")))
    world.put("pages/about/index.html", static("/about/", "About"))
    first = message(
        "pages/posts/hello/index.html", "pages/posts/mit+leer/index.html",
        "pages/posts/a%2Bb/index.html", "pages/posts/100%25/index.html",
    )  # fmt: skip
    second = message("pages/posts/%C3%BCberblick/index.html", "pages/about/index.html", number=2)
    answer = world.function.invoke({"Records": [first, second]})
    assert answer.value == ACKNOWLEDGED, answer.error
    assert world.lists() == world.expected("put")

    # An edit, a page that goes, a page that cannot be read, and one event of it twice.
    world.put(key_of("hello"), post("hello", 9, "Moved & <renamed>", tags=("Gulls",)))
    world.remove(key_of("a+b"))
    world.put(key_of("broken"), BROKEN)
    keys = ("pages/posts/hello/index.html", "pages/posts/a%2Bb/index.html")
    event = {"Records": [message(*keys, number=3), message(key_of("broken"), number=4)]}
    for _ in range(2):
        assert world.function.invoke(event).value == ACKNOWLEDGED
    assert world.lists() == world.expected("edited")
    problems = json.loads(world.read(PROBLEMS_KEY))["problems"]
    assert [problem["key"] for problem in problems] == [key_of("broken")]

    # One line of JSON for each run, and nothing else; the repeated one had nothing to do.
    lines = world.logged()
    assert [line["messages"] for line in lines] == [
        ["message-1", "message-2"], *[["message-3", "message-4"]] * 2,
    ]  # fmt: skip
    assert [line["level"] for line in lines] == ["info"] * 3
    assert [bool(line["written"]) for line in lines] == [True, True, False]
    metrics = lines[0]["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    assert {one["Name"] for one in metrics} <= lines[0].keys()


def test_every_recorded_event_is_answered(world: World) -> None:
    recorded = {
        path.stem: json.loads(path.read_text("utf-8")) for path in sorted(EVENTS.glob("*.json"))
    }
    assert len(recorded) > 10
    named = {
        key
        for one in recorded.values()
        for keys in one["expect"]["messages"].values()
        for key in keys
        if key.startswith("pages/posts/") and key.endswith("/index.html")
    }
    assert len(named) > 2
    for day, key in enumerate(sorted(named), 1):
        name = key.removeprefix("pages/posts/").removesuffix("/index.html")
        world.put(key, post(name, day))
    for name, one in recorded.items():
        expect, answer = one["expect"], world.function.invoke(one["event"])
        assert answer.error is None, name
        if not expect.get("direct"):
            assert answer.value == ACKNOWLEDGED, name
        elif expect.get("poison"):
            assert answer.value["error"], name
        elif expect.get("kind") == "status":
            assert answer.value["pending"] == [], name
        else:
            assert answer.value == {"done": True}, name
    assert world.lists() == world.expected("events")
    lines = world.logged()
    assert len(lines) == len(recorded)
    for (name, one), line in zip(recorded.items(), lines, strict=True):
        assert bool(line["poison"]) == bool(one["expect"].get("poison")), name


def test_a_rebuild_begins_with_nothing_and_removes_what_is_foreign(world: World) -> None:
    for day in range(1, 8):
        world.put(key_of(f"p{day}"), post(f"p{day}", day))
    world.s3.put_object(Bucket=BUCKET, Key="lists/tags/gone/page/9/index.html", Body=b"old")
    world.s3.put_object(Bucket=BUCKET, Key="lists/stray.html", Body=b"stray")
    assert world.function.invoke({"rebuild": True}).value == {"done": True}
    assert world.lists() == world.expected("rebuilt")


def test_lines_24_and_27_what_readers_get_has_its_type_and_cache_rule(world: World) -> None:
    world.put(key_of("hello"), post("hello"))
    world.function.invoke({"Records": [message(key_of("hello"))]})
    for name, kind in {
        "index.html": "text/html; charset=utf-8",
        "feed.xml": "application/rss+xml; charset=utf-8",
        "atom.xml": "application/atom+xml; charset=utf-8",
        "tags/birds/feed.json": "application/feed+json; charset=utf-8",
    }.items():
        head = world.s3.head_object(Bucket=BUCKET, Key=f"lists/{name}")
        assert head["ContentType"] == kind
        assert head["CacheControl"] == "public, max-age=300, s-maxage=31536000"
    private = world.s3.head_object(Bucket=BUCKET, Key="state/index.jsonl.gz")
    assert "CacheControl" not in private


def test_the_edge_is_told_of_what_changed_and_of_nothing_else(
    start: Callable[..., World],
) -> None:
    config: Any = {
        "CallerReference": "x", "Comment": "", "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [{
            "Id": "o", "DomainName": "site.s3.amazonaws.com",
            "S3OriginConfig": {"OriginAccessIdentity": ""}}]},
        "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all",
            "ForwardedValues": {"QueryString": False, "Cookies": {"Forward": "none"}},
            "MinTTL": 0},
    }  # fmt: skip
    cloudfront = boto3.client("cloudfront", region_name="us-east-1")
    made = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]["Id"]
    world = start(DISTRIBUTION_ID=made)

    def invalidations() -> list[list[str]]:
        listed = cloudfront.list_invalidations(DistributionId=made)["InvalidationList"]
        return [
            cloudfront.get_invalidation(DistributionId=made, Id=one["Id"])["Invalidation"][
                "InvalidationBatch"
            ]["Paths"]["Items"]
            for one in listed.get("Items", [])
        ]

    world.put("pages/about/index.html", static("/about/", "About"))
    world.function.invoke({"Records": [message("pages/about/index.html")]})
    first = invalidations()
    assert len(first) == 1
    world.put("pages/about/index.html", static("/about/", "About us"))
    answer = world.function.invoke({"Records": [message("pages/about/index.html")]})
    assert answer.value == ACKNOWLEDGED
    # A title of a static page is in no list: nothing is written, nobody is told.
    assert invalidations() == first
    assert [bool(line["invalidated"]) for line in world.logged()] == [True, False]


def test_a_bucket_that_is_away_fails_the_message_and_not_the_function(
    start: Callable[..., World],
) -> None:
    world = start(BUCKET="no-such-bucket")
    answer = world.function.invoke({"Records": [message(key_of("hello"), number=7)]})
    assert answer.value == {"batchItemFailures": [{"itemIdentifier": "message-7"}]}
    assert world.logged()[-1]["level"] == "error"
    # Someone waits for a direct call, and is told.
    failed = world.function.invoke({"refresh": True})
    assert failed.error is not None
    assert failed.error["errorType"] == "Unavailable"


def test_what_the_bundle_lacks_is_missed(unpacked: tuple[Path, Path], tmp_path: Path) -> None:
    """The test of the test: without its libraries the same bundle does not start."""
    task = tmp_path / "task"
    task.mkdir()
    for path in unpacked[0].iterdir():
        if path.name != "nh3":
            (task / path.name).symlink_to(path)
    log = tmp_path / "log"
    with (
        pytest.raises(FunctionFailedError, match="No module named 'nh3'"),
        Lambda((task, unpacked[1]), HANDLERS[0], {"BUCKET": BUCKET}, log) as function,
    ):
        function.wait_until_ready()


def test_the_whole_zip_is_the_same_twice(code: bytes, tmp_path: Path) -> None:
    """Unpacked and zipped again, from files of another age and mode, it is the same zip."""
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        archive.extractall(tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    for path in files:
        path.chmod(0o600)
    again = bundle.zipped(
        {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in reversed(files)}
    )
    assert again == code
