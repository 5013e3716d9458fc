"""Keeping appointments: waiting pages stored, their releases scheduled, or both withdrawn.

    set the schedule ▶ put the object             cancel the schedule ▶ remove the object

What is stored is what counts: a schedule without its object does nothing when it fires. So the
schedule is set before the object is put, and an object that is there as it should be
proves that its schedule was set.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Final

import msgspec

from edgefeed.contract import PAGES
from sula.cloud.ports import Objects, Schedules
from sula.cloud.target import Target
from sula.local.served import cache_control, content_type
from sula.planning.actions import Appointment, Plan
from sula.planning.record import Record, Waiting
from sula.planning.scheduled import WAITING, moment, note, read_note
from sula.rendering.workshop import Workshop

_UNFIT: Final = re.compile(r"[^0-9A-Za-z_.-]+")
_LONGEST: Final = 40


def keys_of(plan: Plan) -> list[str]:
    """The keys that a plan's appointments may touch, now or when they fire."""
    outputs = [appointment.output for appointment in plan.appointments]
    return [prefix + output for output in outputs for prefix in (WAITING, PAGES)]


def schedule_name(output: str) -> str:
    """The name of a page's schedule: readable, unique, at most 64 characters."""
    readable = _UNFIT.sub("-", output.removesuffix("/index.html"))[-_LONGEST:].strip("-.")
    return f"{readable}-{hashlib.sha256(output.encode()).hexdigest()[:16]}".lstrip("-")


def keep(appointment: Appointment, target: Target, workshop: Workshop) -> None:
    """Carry out one appointment. Again is no harm."""
    name, key = schedule_name(appointment.output), WAITING + appointment.output
    if appointment.kind == "withdraw":
        if target.schedules is not None:
            target.schedules.cancel(name)
        target.objects.delete([key])
        return
    if target.schedules is not None:
        target.schedules.set(name, moment(appointment.instant), {"page": appointment.output})
    public = PAGES + appointment.output
    target.objects.put(
        key,
        workshop.page(appointment.output),
        content_type=content_type(public),
        cache_control=cache_control(public),
        metadata=note(appointment),
    )


def due(record: Record, now: float) -> set[str]:
    """Public keys that a schedule may have released since the record was written."""
    return {PAGES + row.output for row in record.waiting if row.gone or row.instant <= now}


def look(objects: Objects, keys: Iterable[str]) -> dict[str, Waiting | None]:
    """What really waits under some keys, by output."""
    found: dict[str, Waiting | None] = {}
    for key in sorted(keys):
        head = objects.head(key)
        output = key.removeprefix(WAITING)
        found[output] = None if head is None else read_note(output, head.metadata)
    return found


def look_at_all(
    objects: Objects, schedules: Schedules | None, record: Record
) -> dict[str, Waiting | None]:
    """Everything that waits; a page whose schedule is lost is no longer as it should be."""
    keys = {listed.key for listed in objects.list(WAITING)}
    keys |= {WAITING + row.output for row in record.waiting if not row.gone}
    found = look(objects, keys)
    if schedules is None:
        return found
    return {
        output: msgspec.structs.replace(row, inputs="")
        if row is not None and not schedules.exists(schedule_name(output))
        else row
        for output, row in found.items()
    }
