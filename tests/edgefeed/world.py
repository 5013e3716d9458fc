"""A bucket behind HTTP and the unpacked function beside it, for tests of the bundle."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from tests.edgefeed.moto_endpoint import MotoEndpoint
from tests.edgefeed.runtime_api import Lambda
from tests.edgefeed.sample_pages import from_scratch

EVENTS = Path(__file__).parents[1] / "events"
BUCKET = "site"
REGION = "us-east-1"
ACKNOWLEDGED: dict[str, list[Any]] = {"batchItemFailures": []}
"""What Lambda hears when no message has to come again."""


@dataclass
class World:
    """A bucket, and a function that looks after it."""

    s3: Any
    endpoint: MotoEndpoint
    function: Lambda
    folder: Path
    pages: dict[str, bytes] = field(default_factory=dict)

    def put(self, key: str, body: bytes) -> None:
        self.pages[key] = body
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def remove(self, key: str) -> None:
        del self.pages[key]
        self.s3.delete_object(Bucket=BUCKET, Key=key)

    def lists(self) -> dict[str, bytes]:
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix="lists/").get("Contents", [])
        return {one["Key"]: self.read(one["Key"]) for one in listed}

    def read(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def expected(self, name: str) -> dict[str, bytes]:
        return from_scratch(self.pages, self.folder / name)

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.function.log()]

    @classmethod
    def of(
        cls,
        path: Iterable[Path],
        handler: str,
        endpoint: MotoEndpoint,
        folder: Path,
        python: str = sys.executable,
        **more: str,
    ) -> World:
        """An empty bucket, and a function that was not started yet. In `moto.mock_aws`."""
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket=BUCKET)
        environment = {
            "BUCKET": BUCKET, "AWS_ENDPOINT_URL": endpoint.url, "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",  # pragma: allowlist secret
        }  # fmt: skip
        log = folder / "function.log"
        function = Lambda(path, handler, {**environment, **more}, log, python)
        return cls(s3, endpoint, function, folder)


def message(*keys: str, number: int = 1) -> dict[str, Any]:
    """A message as S3's notification arrives, the recorded one with other keys."""
    recorded = json.loads((EVENTS / "s3-put-in-sqs.json").read_text("utf-8"))["event"]
    found: dict[str, Any] = recorded["Records"][0]
    notice = json.loads(found["body"])
    notice["Records"] = [
        {**notice["Records"][0], "s3": {**notice["Records"][0]["s3"], "object": {"key": key}}}
        for key in keys
    ]
    return found | {"messageId": f"message-{number}", "body": json.dumps(notice)}
