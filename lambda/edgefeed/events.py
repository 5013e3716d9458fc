"""From what invokes the function to what it should do. Pure, and never raises.

Events are messages of SQS that carry S3's notifications, or direct calls:
``{"keys": [...]}``, ``{"refresh": true}``, ``{"rebuild": true}``, ``{"status": true}``.
"""

# ruff: noqa: ANN401 - an event is whatever the caller sends

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import unquote_plus

import msgspec

from edgefeed.contract import PAGES
from edgefeed.versions import Message

_LONGEST_KEY = 1024


Kind = Literal["keys", "rebuild", "refresh", "status"]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What an event asks for.

    ``poison`` are messages that cannot be understood: their ids, and why. They must be
    acknowledged, or they would come again for ever. ``direct`` is a call that waits for
    an answer. ``accept`` lets feeds pass that the gate holds back.
    """

    kind: Kind = "keys"
    messages: tuple[Message, ...] = ()
    poison: tuple[tuple[str, str], ...] = ()
    direct: bool = False
    accept: bool = False


def is_page(key: str) -> bool:
    """Whether an object may be a page that joins a list."""
    return key.startswith(PAGES) and key.endswith(".html") and _is_storable(key)


def _is_storable(key: str) -> bool:
    try:
        return len(key.encode()) <= _LONGEST_KEY
    except UnicodeEncodeError:  # a lone surrogate out of a JSON escape
        return False


def understand(event: Any, request: str) -> Work:
    """What an event asks for. ``request`` names the invocation."""
    if not isinstance(event, Mapping):
        return Work(poison=((request, "an event is a JSON object"),), direct=True)
    if "Records" in event:
        return _records(event["Records"], request)
    keys = event.get("keys", ())
    if not isinstance(keys, list | tuple):
        return Work(poison=((request, "keys is a list of object keys"),), direct=True)
    if not keys and not any(event.get(name) for name in ("rebuild", "refresh", "status")):
        return Work(poison=((request, "an event names keys, or what to do"),), direct=True)
    kinds: tuple[Kind, ...] = ("rebuild", "status", "refresh")
    kind: Kind = next((name for name in kinds if event.get(name)), "keys")
    message = Message(request, tuple(key for key in keys if isinstance(key, str) and is_page(key)))
    return Work(kind=kind, messages=(message,), direct=True, accept=event.get("accept") is True)


def _records(records: Any, request: str) -> Work:
    if not isinstance(records, list):
        return Work(poison=((request, "Records is a list"),))
    messages, poison = [], []
    for number, record in enumerate(records):
        name = f"{request}-{number}"
        try:
            name = str(record.get("messageId", name))
            keys = _keys_of(record)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            poison.append((name, f"{type(error).__name__}: {error}"))
            continue
        messages.append(Message(name, tuple(sorted(set(filter(is_page, keys))))))
    return Work(messages=tuple(messages), poison=tuple(poison))


def _keys_of(record: Any) -> list[str]:
    """The keys in a message of SQS, or in a notification of S3 without one."""
    if "s3" in record:
        return [_key(record)]
    notice = json.loads(record["body"])
    if notice.get("Event") == "s3:TestEvent":
        return []
    if isinstance(notice.get("keys"), list):
        return [key for key in notice["keys"] if isinstance(key, str)]
    return [_key(item) for item in notice["Records"]]


def _key(notice: Any) -> str:
    """The key of one S3 notification: form-encoded there."""
    return unquote_plus(notice["s3"]["object"]["key"], errors="strict")
