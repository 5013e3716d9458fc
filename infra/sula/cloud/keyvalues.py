"""`sula.cloud.ports.KeyValues` in CloudFront's KeyValueStore, which the edge function reads.

    ETag ▶ at most fifty changes, if the ETag is still that ▶ the next ETag ▶ ...

Whoever else wrote meanwhile is no reason to stop: the store is read again, and what is still to
do is done. Two deploys that wrote different values agree in the end, because the one whose
record comes second plans again with what the store really holds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sula.cloud.aws import Cloud, code_of, translated
from sula.errors import Conflict

_AT_ONCE = 50
"""CloudFront takes so many changes in one request."""
_ATTEMPTS = 6
_OVERTAKEN = {"ConflictException", "PreconditionFailed"}


@dataclass(frozen=True)
class KeyValueStore:
    """One store, by its ARN."""

    cloud: Cloud
    arn: str
    pause: Callable[[float], None] = time.sleep

    def all(self) -> dict[str, str]:
        """See `KeyValues.all`."""
        with translated("reading the redirects"):
            pages = self._client.get_paginator("list_keys").paginate(KvsARN=self.arn)
            return {item["Key"]: item["Value"] for page in pages for item in page.get("Items", ())}

    def change(self, puts: Mapping[str, str], deletes: frozenset[str]) -> None:
        """See `KeyValues.change`."""
        if not puts and not deletes:
            return
        for attempt in range(_ATTEMPTS):
            if attempt:
                self.pause(0.2 * 2**attempt)
                there = self.all()
                puts = {key: value for key, value in puts.items() if there.get(key) != value}
                deletes = deletes & there.keys()
            if self._changed(puts, deletes):
                return
        raise Conflict(
            f"changing the redirects: somebody else was faster, {_ATTEMPTS} times in a row;"
            " try again"
        )

    def _changed(self, puts: Mapping[str, str], deletes: frozenset[str]) -> bool:
        """Whether all changes were made; False where another writer came in between."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - see Cloud._make

        with translated(f"changing {len(puts) + len(deletes)} redirects"):
            etag = self._client.describe_key_value_store(KvsARN=self.arn)["ETag"]
            for request in _requests(puts, deletes):
                try:
                    etag = self._client.update_keys(KvsARN=self.arn, IfMatch=etag, **request)[
                        "ETag"
                    ]
                except ClientError as error:
                    if code_of(error) in _OVERTAKEN:
                        return False
                    raise
        return True

    @property
    def _client(self) -> Any:  # noqa: ANN401 - without stubs
        return self.cloud.client("cloudfront-keyvaluestore")


def _requests(
    puts: Mapping[str, str], deletes: frozenset[str]
) -> Iterator[dict[str, list[dict[str, str]]]]:
    """The changes, as many in each request as it takes."""
    changes: list[tuple[str, dict[str, str]]] = [
        ("Puts", {"Key": key, "Value": value}) for key, value in sorted(puts.items())
    ]
    changes += [("Deletes", {"Key": key}) for key in sorted(deletes)]
    for start in range(0, len(changes), _AT_ONCE):
        some: dict[str, list[dict[str, str]]] = {}
        for kind, entry in changes[start : start + _AT_ONCE]:
            some.setdefault(kind, []).append(entry)
        yield some
