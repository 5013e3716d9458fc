"""Dates: every form found in the wild, and nothing guessed."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sula.content.dates import _PLAIN, DateError, _parse_form, parse_date, rfc3339

VIENNA = ZoneInfo("Europe/Vienna")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2018-08-22", "2018-08-22T00:00:00+02:00"),
        ("2018-08-22 19:52:08 +0200", "2018-08-22T19:52:08+02:00"),
        ("2018-08-22 19:52:08 -03:30", "2018-08-22T19:52:08-03:30"),
        ("2018-08-22 19:52 +02", "2018-08-22T19:52:00+02:00"),
        ("2018-8-2 9:05", "2018-08-02T09:05:00+02:00"),
        ("2018-01-02 9:05", "2018-01-02T09:05:00+01:00"),
        ("2018/8/2", "2018-08-02T00:00:00+02:00"),
        ("2018-08-22T19:52:08Z", "2018-08-22T19:52:08+00:00"),
        ("2018-08-22T19:52:08.123456Z", "2018-08-22T19:52:08+00:00"),
        ("2018-08-22t19:52:08z", "2018-08-22T19:52:08+00:00"),
        ("2018-08-22 19:52:08 UTC", "2018-08-22T19:52:08+00:00"),
        ("  2018-08-22\t19:52 ", "2018-08-22T19:52:00+02:00"),
        ("Wed, 22 Aug 2018 19:52:08 +0200", "2018-08-22T19:52:08+02:00"),
        ("22 August 2018", "2018-08-22T00:00:00+02:00"),
        ("August 22, 2018 19:52", "2018-08-22T19:52:00+02:00"),
        ("1969-07-20 20:17:40Z", "1969-07-20T20:17:40+00:00"),
    ],
)
def test_reads_what_can_mean_one_thing_only(text: str, meant: str) -> None:
    assert rfc3339(parse_date(text, VIENNA)) == meant


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("03/04/2026", "day first or the month first"),
        ("03-04-26", "day first or the month first"),
        ("20180822", "a day or a count of seconds"),
        ("1534967528", "a day or a count of seconds"),
        ("2018-08-22 7:52 PM", "12-hour"),
        ("2018-08-22 19:52 EST", "several offsets"),
        ("2018-02-30", "day is out of range"),
        ("2018-13-01", "month must be in 1..12"),
        ("2018-08-22 24:00", "hour must be in 0..23"),
        ("2018-08-22 19:52 +20:00", "impossible offset"),
        ("2018-08-22 19:52 +02:75", "impossible offset"),
        ("Tue, 22 Aug 2018 19:52:08 +0200", "no such day of the week"),
        ("22 Agosto 2018", "no English month"),
        ("2026-03-29 02:30", "was skipped in Europe/Vienna"),
        ("2026-10-25 02:30", "write 2026-10-25 02:30+02:00 or 2026-10-25 02:30+01:00"),
        ("0000-01-01", "is no date"),
        ("0001-01-01 00:00+10:00", "beyond the calendar"),
        ("yesterday", "is not a date"),
        ("", "an empty date"),
    ],
)
def test_refuses_the_rest_and_says_why(text: str, why: str) -> None:
    with pytest.raises(DateError) as caught:
        parse_date(text, VIENNA)
    assert why in str(caught.value)
    assert "write" in str(caught.value) or "correct" in str(caught.value)


def test_a_day_that_begins_with_a_skipped_hour_begins_after_it() -> None:
    beirut = ZoneInfo("Asia/Beirut")  # midnight of 26 March 2017 was skipped
    assert rfc3339(parse_date("2017-03-26", beirut)) == "2017-03-26T01:00:00+03:00"


def test_offsets_with_seconds_have_no_place_in_rfc_3339() -> None:
    assert rfc3339(parse_date("1880-01-01 12:00", VIENNA)) == "1880-01-01T10:54:39+00:00"


@given(
    st.datetimes(datetime(1901, 1, 1), datetime(2199, 1, 1)),  # noqa: DTZ001 - zones come next
    st.integers(-14 * 60, 14 * 60),
)
def test_what_is_printed_is_read_as_the_same_moment(naive: datetime, minutes: int) -> None:
    moment = naive.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    again = parse_date(rfc3339(moment), VIENNA)
    assert again == moment
    assert again.utcoffset() == moment.utcoffset()
    assert rfc3339(again.astimezone(UTC)).endswith("+00:00")


@given(st.from_regex(re.compile(rf"(?:{_PLAIN.pattern})[0-9Z]?\Z", re.ASCII)))
def test_a_plain_date_is_read_as_any_other(text: str) -> None:
    try:
        wanted = _parse_form(text, VIENNA)
    except DateError as error:
        with pytest.raises(DateError, match=re.escape(str(error))):
            parse_date(text, VIENNA)
        return
    found = parse_date(text, VIENNA)
    assert (found, found.utcoffset()) == (wanted, wanted.utcoffset())
    assert rfc3339(found) == rfc3339(wanted)


def test_days_of_the_week_are_english_whatever_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after ``locale.setlocale(locale.LC_ALL, "de_DE")``, where that one is installed."""
    monkeypatch.setattr(time, "strftime", lambda *_: "Mi")
    assert parse_date("Wed, 22 Aug 2018 19:52", VIENNA).day == 22
    with pytest.raises(DateError, match="no such day of the week"):
        parse_date("Tue, 22 Aug 2018 19:52", VIENNA)
