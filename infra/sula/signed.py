"""Signed requests to Amazon's cloud with the standard library alone.

boto3 takes a quarter of a second to import and to read its descriptions of S3: longer than all
else that a deploy of one edit does. The few requests that every deploy makes go through here
instead; for all others, and wherever something is out of the ordinary (`plainly`), boto3 is used.

Signing is AWS Signature Version 4 (IAM User Guide, "Create a signed AWS API request"); the
tests compare it with botocore's.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import os
import select
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit

from sula.errors import Unavailable

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
# What leads boto3 elsewhere, or has it trust somebody else.
_UNUSUAL: Final = ("AWS_ENDPOINT_URL", "AWS_USE_", "AWS_CA_BUNDLE", "AWS_S3_", "AWS_PROFILE",
                   "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")  # fmt: skip
_ORDINARY_REGIONS: Final = ("af-", "ap-", "ca-", "eu-", "il-", "me-", "mx-", "sa-", "us-")
_SEPARATE_REGIONS: Final = ("us-gov-", "us-iso", "eu-isoe-", "eusc-")


class Keys(NamedTuple):
    """Credentials; ``token`` is empty for those that never end."""

    access: str
    secret: str
    token: str = ""


class Request(NamedTuple):
    """What is asked. ``url`` is absolute and percent-encoded already."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


class Scope(NamedTuple):
    """What a signature is for."""

    region: str
    service: str


class Answer(NamedTuple):
    """What came back. Names of ``headers`` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def plainly(region: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether Amazon's endpoints in a region are what their documentation says, unproxied."""
    if any(name.upper().startswith(_UNUSUAL) and value for name, value in environment.items()):
        return False
    return region.startswith(_ORDINARY_REGIONS) and not region.startswith(_SEPARATE_REGIONS)


def keys_of(environment: Mapping[str, str] = os.environ) -> Keys | None:
    """Credentials from the environment, where CI systems put them."""
    access = environment.get("AWS_ACCESS_KEY_ID", "")
    secret = environment.get("AWS_SECRET_ACCESS_KEY", "")
    if not access or not secret:
        return None
    return Keys(access, secret, environment.get("AWS_SESSION_TOKEN", ""))


def sign(request: Request, keys: Keys, scope: Scope, now: datetime) -> dict[str, str]:
    """The headers of a request, its signature among them."""
    parts = urlsplit(request.url)
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    payload = hashlib.sha256(request.body).hexdigest()
    signed = {name.lower(): " ".join(value.split()) for name, value in request.headers.items()}
    signed |= {"host": parts.netloc, "x-amz-date": stamp}
    is_s3 = scope.service == "s3"
    if is_s3:
        signed["x-amz-content-sha256"] = payload
    if keys.token:
        signed["x-amz-security-token"] = keys.token
    names = ";".join(sorted(signed))
    canonical = "\n".join([
        request.method,
        # Every service but S3 wants the path encoded once more.
        (parts.path or "/") if is_s3 else quote(parts.path or "/", safe="/-_.~"),
        "&".join(sorted(parts.query.split("&"))) if parts.query else "",
        *(f"{name}:{value}" for name, value in sorted(signed.items())),
        "",
        names,
        payload,
    ])  # fmt: skip
    day = f"{stamp[:8]}/{scope.region}/{scope.service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{keys.secret}".encode()
    for step in day.split("/"):
        key = hmac.digest(key, step.encode(), "sha256")
    text = f"{_ALGORITHM}\n{stamp}\n{day}\n{digest}"
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    signed["authorization"] = (
        f"{_ALGORITHM} Credential={keys.access}/{day}, SignedHeaders={names}, Signature={signature}"
    )
    return signed


class Wire:
    """Requests to one host, over connections that are kept; shared by threads."""

    def __init__(self, origin: str, scope: Scope, keys: Keys, patience: float) -> None:
        """``origin`` is a scheme and a host; ``patience`` is in seconds. Connects to nothing."""
        self.origin = origin
        self._scope = scope
        self._keys = keys
        self._patience = patience
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def request(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Send once. ``target`` is path and query. Raises `Unavailable` without an answer."""
        asked = Request(method, self.origin + target, headers or {}, body)
        signed = sign(asked, self._keys, self._scope, datetime.now(UTC))
        signed["user-agent"] = "sula"
        connection = self._connection()
        try:
            connection.request(method, target, body=body or None, headers=signed)
            answer = connection.getresponse()
            read = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Unavailable(f"{self.origin} did not answer ({error})") from error
        with self._lock:
            self._idle.append(connection)
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, read)

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def __del__(self) -> None:
        with suppress(Exception):
            self.close()

    def _connection(self) -> http.client.HTTPConnection:
        """A kept connection that the other side has not closed meanwhile, or a new one."""
        while True:
            with self._lock:
                kept = self._idle.pop() if self._idle else None
            if kept is None:
                return self._new()
            if kept.sock is not None and not select.select([kept.sock], [], [], 0)[0]:
                return kept
            kept.close()

    def _new(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.origin)
        host = parts.hostname or ""
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, parts.port, timeout=self._patience)
        return http.client.HTTPSConnection(host, parts.port, timeout=self._patience)
