"""A deployed function that answers as prepared."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from tests.bucket import MemoryBucket


class FakeFunction:
    """Answers as prepared, and keeps what it was given."""

    def __init__(self, bucket: MemoryBucket, answers: list[dict[str, Any]] | None = None) -> None:
        self.bucket = bucket
        self.answers = answers or []
        self.codes: list[bytes] = []
        self.heard: list[Mapping[str, Any]] = []
        self.seen_at_update: list[str] = []

    def update_code(self, code: bytes, description: str = "") -> bool:
        assert description.startswith("revision ")
        self.codes.append(code)
        self.seen_at_update = sorted(self.bucket.objects)
        return True

    def invoke(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        self.heard.append(payload)
        if payload.get("status") and self.answers:
            return self.answers.pop(0)
        return {"pending": [], "owed": 0, "current": True}

    def site_json(self) -> dict[str, Any]:
        with zipfile.ZipFile(io.BytesIO(self.codes[-1])) as archive:
            found: dict[str, Any] = json.loads(archive.read("site.json"))
            return found
