"""Dates as authors and their former programs wrote them. Nothing is guessed.

A date that could mean two things, or that never was, is refused with the reason and an
example of what to write. Year, month, day, in this order, or the month by its name.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

_EXAMPLE: Final = 'write it like "2026-11-24 09:30" or "2026-11-24T09:30:00+01:00"'
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        "jan january,feb february,mar march,apr april,may,jun june,jul july,aug august,"
        "sep sept september,oct october,nov november,dec december".split(","),
        start=1,
    )
    for name in names.split()
}
_TIME: Final = (
    r"(?:(?:\s*T\s*|\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?"
)
_FORMS: Final = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # 2018-08-22 19:52:08 +0200, 2018/8/2 9:05
        r"(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})" + _TIME,
        # Wed, 22 Aug 2018 19:52:08 +0200
        r"(?:[a-z]{3,9}\.?,?\s+)?(?P<day>\d{1,2})\.?\s+(?P<month>[a-z]{3,9})\.?,?\s+(?P<year>\d{4})"
        + _TIME,
        # August 22, 2018
        r"(?:[a-z]{3,9}\.?,?\s+)?(?P<month>[a-z]{3,9})\.?\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})"
        + _TIME,
    )
)
# What is read as ISO 8601 says, in a fifth of the time.
_PLAIN: Final = re.compile(
    r"[12]\d{3}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?[+-](?:0\d|1[0-4]):[0-5]\d", re.ASCII
)
# Not `strftime`, whose days have other names where a program, say pelicanconf.py, set a locale.
_WEEKDAYS: Final = "mon tue wed thu fri sat sun".split()
_WEEKDAY: Final = re.compile(rf"({'|'.join(_WEEKDAYS)})[a-z]*\.?,?\s", re.IGNORECASE)
_WIDEST_OFFSET: Final = timedelta(hours=15)


class DateError(ValueError):
    """A date that cannot be read; the message says why and what to write."""


def parse_date(text: str, zone: ZoneInfo) -> datetime:
    """The moment that a date means, with its offset; without one, in `zone`.

    A date alone is the start of that day. Raises `DateError`.
    """
    if _PLAIN.fullmatch(text):
        with suppress(ValueError):  # which day it is that never was, is said below
            return datetime.fromisoformat(text)
    return _parse_form(text, zone)


def _parse_form(text: str, zone: ZoneInfo) -> datetime:
    """The same in any form."""
    text = " ".join(text.split())
    match = next((m for form in _FORMS if (m := form.fullmatch(text))), None)
    if match is None:
        raise DateError(f"{_why_unreadable(text)}; {_EXAMPLE}")
    month = match["month"]
    number = int(month) if month.isdigit() else _MONTHS.get(month.lower())
    if number is None:
        raise DateError(f"{text!r} names no English month; {_EXAMPLE}")
    try:
        hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
        # Its zone is found next.
        naive = datetime(int(match["year"]), number, int(match["day"]), hour, minute, second)  # noqa: DTZ001
    except ValueError as error:
        raise DateError(f"{text!r} is no date: {error}; {_EXAMPLE}") from None
    weekday = _WEEKDAY.match(text)
    if weekday and _WEEKDAYS[naive.weekday()] != weekday[1].lower():
        day = f"{naive.year}-{naive.month:02}-{naive.day:02}"
        raise DateError(f"{text!r}: {day} was no such day of the week; correct one of the two")
    if match["zone"]:
        moment = naive.replace(tzinfo=_offset(match["zone"], text))
    elif match["hour"]:
        moment = _in_zone(naive, zone, text)
    else:
        # A day that begins with a skipped hour begins after it.
        moment = naive.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise DateError(f"{text!r} is beyond the calendar; {_EXAMPLE}") from None
    return moment


def rfc3339(moment: datetime) -> str:
    """RFC 3339 with a numeric offset, to the second."""
    offset = moment.utcoffset()
    if offset is None or offset.total_seconds() % 60:
        # Local mean times of long ago have seconds, RFC 3339 has not.
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="seconds")


def _in_zone(naive: datetime, zone: ZoneInfo, text: str) -> datetime:
    """A wall clock's time, if that clock showed it exactly once."""
    first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive:
        raise DateError(
            f"{text!r} was skipped in {zone.key}, where clocks went forward: "
            "write a time that was, or state its offset, like +01:00"
        )
    ways = " or ".join(moment.isoformat(" ", "minutes") for moment in (first, second))
    raise DateError(f"{text!r} came twice in {zone.key}, where clocks went back: write {ways}")


def _offset(text: str, whole: str) -> tzinfo:
    if text.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:]) if len(text) > 3 else 0  # noqa: PLR2004
    offset = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or offset > _WIDEST_OFFSET:  # noqa: PLR2004 - minutes of an hour
        raise DateError(f"{whole!r} has an impossible offset, {text}; {_EXAMPLE}")
    return timezone(-offset if text[0] == "-" else offset)


def _why_unreadable(text: str) -> str:
    if re.match(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}\b", text):
        return f"{text!r} could have the day first or the month first"
    if re.fullmatch(r"\d{8,}", text):
        return f"{text!r} could be a day or a count of seconds"
    if re.search(r"\d\s*[ap]\.?m\b", text, re.IGNORECASE):
        return f"{text!r} has a 12-hour time"
    if zone := re.search(r"\d\s+([A-Za-z]{2,5})$", text):
        return f"{text!r} has a time zone, {zone[1]}, that means several offsets"
    return f"{text!r} is not a date" if text else "an empty date"
