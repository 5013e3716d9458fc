"""One local cloud for all tests of a process; each test gets a stack of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from sula.cloud import stack
from sula.cloud.services import CloudFormation, LambdaFunction
from sula.local.cloud import LocalCloud
from sula.publishing.bundle import zipped

_numbers = itertools.count()

# A function that tells in lists/ what it heard, for tests of the path and not of edgefeed.
ECHO = b"""\
import json, os, urllib.parse
import boto3
s3 = boto3.client("s3")

def handler(event, context):
    if "Records" not in event:
        return {"heard": event, "by": context.invoked_function_arn, "code": CODE}
    failed = []
    for message in event["Records"]:
        for record in json.loads(message["body"]).get("Records", ()):
            key = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
            if "poison" in key:
                failed.append({"itemIdentifier": message["messageId"]})
                continue
            body = json.dumps({
                "event": record["eventName"], "key": key, "code": CODE, "process": os.getpid(),
            })
            s3.put_object(
                Bucket=os.environ["BUCKET"], Key="lists/" + key.removeprefix("pages/"),
                Body=body.encode(), ContentType="text/html; charset=utf-8",
            )
    return {"batchItemFailures": failed}
"""


def echo(code: int = 1) -> bytes:
    """The bundle of a function that echoes."""
    return zipped({"index.py": f"CODE = {code}\n".encode() + ECHO})


@dataclass
class Deployed:
    """A stack of one test."""

    local: LocalCloud
    name: str
    outputs: stack.Outputs

    @property
    def function(self) -> LambdaFunction:
        return LambdaFunction(self.local.cloud, self.outputs.function)


@pytest.fixture(scope="session")
def local_cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as local:
        yield local


@pytest.fixture
def new_stack(local_cloud: LocalCloud) -> Callable[[], Deployed]:
    """Makes a fresh stack from the template."""

    def make() -> Deployed:
        name = f"test{next(_numbers)}"
        outputs = stack.ensure(
            CloudFormation(local_cloud.cloud), name, stack.load_template(), {},
            progress=lambda _: None,
        )  # fmt: skip
        return Deployed(local_cloud, name, outputs)

    return make


@pytest.fixture(scope="session")
def echoing(local_cloud: LocalCloud) -> Deployed:
    """One stack whose function echoes, for tests that only look or use keys of their own."""
    outputs = stack.ensure(
        CloudFormation(local_cloud.cloud), "echoing", stack.load_template(), {},
        progress=lambda _: None,
    )  # fmt: skip
    deployed = Deployed(local_cloud, "echoing", outputs)
    deployed.function.update_code(echo())
    return deployed
