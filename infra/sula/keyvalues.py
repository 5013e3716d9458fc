"""`sula.ports.KeyValues` in CloudFront's KeyValueStore, which the edge function reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sula.aws import Cloud, translated

_AT_ONCE = 50
"""CloudFront takes so many changes in one request."""


@dataclass(frozen=True)
class KeyValueStore:
    """One store, by its ARN."""

    cloud: Cloud
    arn: str

    def all(self) -> dict[str, str]:
        """See `KeyValues.all`."""
        with translated("reading the redirects"):
            pages = self._client.get_paginator("list_keys").paginate(KvsARN=self.arn)
            return {item["Key"]: item["Value"] for page in pages for item in page.get("Items", ())}

    def change(self, puts: Mapping[str, str], deletes: frozenset[str]) -> None:
        """See `KeyValues.change`."""
        changes: list[tuple[str, dict[str, str]]] = [
            ("Puts", {"Key": key, "Value": value}) for key, value in sorted(puts.items())
        ]
        changes += [("Deletes", {"Key": key}) for key in sorted(deletes)]
        if not changes:
            return
        with translated(f"changing {len(changes)} redirects"):
            etag = self._client.describe_key_value_store(KvsARN=self.arn)["ETag"]
            for start in range(0, len(changes), _AT_ONCE):
                some: dict[str, list[dict[str, str]]] = {"Puts": [], "Deletes": []}
                for kind, entry in changes[start : start + _AT_ONCE]:
                    some[kind].append(entry)
                etag = self._client.update_keys(
                    KvsARN=self.arn, IfMatch=etag, **{k: v for k, v in some.items() if v}
                )["ETag"]

    @property
    def _client(self) -> Any:  # noqa: ANN401 - without stubs
        return self.cloud.client("cloudfront-keyvaluestore")
