"""What the bucket holds, as a deploy needs to know it: the record, and what is really there."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from edgefeed.contract import PAGES, RECORD_KEY, key_to_path, quote_path
from sula.cloud.ports import Objects
from sula.errors import Conflict, Unavailable
from sula.planning.reasons import ANEW
from sula.planning.record import Record, RecordUnreadableError, Stored, decode, encode
from sula.publishing.publish import OBSOLETE

MOST_PATHS = 10
"""Paths in one invalidation. A wildcard counts as one; 1,000 a month are free."""


def read_record(objects: Objects, *, lenient: bool = False) -> tuple[Record, str | None]:
    """The build record and its ETag; an empty one where nothing was ever published.

    ``lenient`` takes a damaged one for empty: that is what ``--full`` is for.
    """
    found = objects.get(RECORD_KEY)
    if found is None:
        return Record(), None
    try:
        record = decode(found.body)
        if lenient:
            record.rows.everything()  # all of them, so that what is damaged shows
    except RecordUnreadableError:
        if not lenient:
            raise
        record = Record()
    return record, found.etag


def replace_record(objects: Objects, final: Record, etag: str | None) -> bool:
    """Replace the record; False when another deploy has done so since it was read."""
    try:
        objects.put(
            RECORD_KEY,
            encode(final),
            content_type="application/gzip",
            cache_control="no-store",
            if_match=etag,
            if_absent=etag is None,
        )
    except (Conflict, Unavailable):
        # The answer may have been lost on the way back.
        found = objects.get(RECORD_KEY)
        return found is not None and decode(found.body) == final
    return True


def as_new(record: Record) -> Record:
    """A record that still knows what is published and who is who, but trusts no input."""
    return msgspec.structs.replace(
        record,
        prints=msgspec.structs.replace(record.prints, engine=ANEW),
    )


def look_at(objects: Objects, keys: Iterable[str]) -> dict[str, Stored | None]:
    """What is in the bucket under some keys, asked of many at once.

    An obsolete asset that waits for its removal counts as gone: no longer to be looked after, and
    to be uploaded again if it is wanted again.
    """

    def seen(key: str) -> tuple[str, Stored | None]:
        head = objects.head(key)
        if head is None or OBSOLETE.items() <= head.metadata.items():
            return key, None
        return key, Stored(head.etag.strip('"'), head.content_type, head.cache_control)

    wanted = sorted(keys)
    if len(wanted) < 2:  # noqa: PLR2004 - one request needs no threads
        return dict(map(seen, wanted))
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only for many

    with ThreadPoolExecutor(min(16, len(wanted))) as pool:
        return dict(pool.map(seen, wanted))


def changed_paths(keys: Iterable[str]) -> list[str]:
    """The edge's paths of changed objects, folded into wildcards where there are many.

    A page is named as readers ask for it, and as the edge function rewrites it.
    """
    public = sorted(keys)
    exact = _asked_for(public)
    if len(exact) <= MOST_PATHS:
        return exact
    folders = {key.removeprefix(PAGES).partition("/")[0] for key in public if key.count("/") > 1}
    loose = _asked_for(key for key in public if key.count("/") == 1)
    folded = sorted([*(f"/{quote_path(folder)}/*" for folder in folders), *loose])
    return folded if len(folded) <= MOST_PATHS else ["/*"]


def _asked_for(keys: Iterable[str]) -> list[str]:
    exact = [quote_path(key_to_path(key)) for key in keys]
    rewritten = [path + "index.html" for path in exact if path.endswith("/")]
    return sorted({*exact, *rewritten})
