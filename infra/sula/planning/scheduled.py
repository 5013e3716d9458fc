"""Posts that wait for their minute: what is to be stored, scheduled, withdrawn. Pure.

A post dated in the future is rendered as its page will be at that moment, and stored below
`WAITING`, where no reader can reach it. A one-time schedule then copies it to ``pages/``, unless
something is there already. Neighbours, which will name it, follow with the next deploy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, unquote

import msgspec

from sula.model import Job
from sula.planning.actions import Appointment, Inputs
from sula.planning.corpus import Corpus
from sula.planning.record import Prints, Record, Source, Waiting

WAITING: Final = "state/scheduled/"
"""Where pages wait, each under the name that it will have below ``pages/``."""
SETTLED: Final = 300
"""Seconds after which a withdrawn release has surely happened, or never will."""


@dataclass(frozen=True)
class Agenda:
    """What waits, what there is to do for that, and what must be rendered for it."""

    waiting: tuple[Waiting, ...] = ()
    appointments: tuple[Appointment, ...] = ()
    jobs: tuple[Job, ...] = ()


def make_agenda(after: Corpus, inputs: Inputs, record: Record, future: Sequence[Source]) -> Agenda:
    """Compare the posts of the future with what the record says is waiting."""
    known = {row.output: row for row in record.waiting}
    for output, seen in inputs.waiting.items():
        if seen is not None:
            known[output] = seen
        elif output in known and not known[output].gone:
            del known[output]
    if not future and not known:
        return Agenda()
    return _Agenda(after, inputs, known).make(future)


class _Agenda:
    """One comparison."""

    def __init__(self, after: Corpus, inputs: Inputs, known: dict[str, Waiting]) -> None:
        self.after = after
        self.inputs = inputs
        self.known = known
        self.eventual = Corpus(
            after.table,
            after.files,
            after.site_id,
            lambda row: row.status != "draft",
            pictures=after.pictures,
        )

    def make(self, future: Sequence[Source]) -> Agenda:
        waiting: list[Waiting] = []
        appointments: list[Appointment] = []
        jobs: list[Job] = []
        for row in future:
            job = self._job(row)
            inputs = digest(job, self.inputs.blobs[row.path], self.inputs.prints)
            wanted = Waiting(row.path, row.output, row.instant, inputs)
            was = self.known.get(row.output)
            waiting.append(wanted)
            if was != wanted:
                appointments.append(_made(wanted, was))
                jobs.append(job)
        gone = self._gone({row.output for row in future})
        for row_gone, appointment in gone:
            waiting.append(row_gone)
            if appointment is not None:
                appointments.append(appointment)
        return Agenda(
            tuple(sorted(waiting, key=lambda w: (w.instant, w.output))),
            tuple(sorted(appointments)),
            tuple(jobs),
        )

    def _job(self, row: Source) -> Job:
        """What its page will depend on at its moment: nothing later is known then."""
        job = self.eventual.job(row)
        _, following = self.eventual.around(row)
        if following is not None and following.instant > row.instant:
            job = msgspec.structs.replace(job, next=None)
        if job.series:
            later = {
                "/" + other.url for other in self.after.table.later(row.instant) if other.series
            }
            parts = tuple(part for part in job.series if part.url not in later)
            job = msgspec.structs.replace(job, series=parts)
        return job

    def _gone(self, wanted: set[str]) -> Iterator[tuple[Waiting, Appointment | None]]:
        """What waited and does so no longer, remembered while a late release may still come."""
        gone = self.known.keys() - wanted
        live = {row.output for row in self.after.at(gone)}
        for output, row in self.known.items():
            if output in wanted:
                continue
            if not row.gone:
                reason = "its time has come" if output in live else "no longer scheduled"
                yield (
                    msgspec.structs.replace(row, gone=self.inputs.now, inputs=""),
                    Appointment(output, "withdraw", row.instant, reason, row.path),
                )
            elif self.inputs.now <= row.gone + SETTLED:
                yield row, None


def _made(wanted: Waiting, was: Waiting | None) -> Appointment:
    reason = "new"
    if was is not None and not was.gone:
        reason = "another date" if was.instant != wanted.instant else "edited"
    return Appointment(
        wanted.output, "schedule", wanted.instant, reason, wanted.path, wanted.inputs
    )


def digest(job: Job, blob: str, prints: Prints) -> str:
    """A digest of everything that a waiting page's bytes depend on."""
    return hashlib.sha256(msgspec.json.encode([job, blob, prints])).hexdigest()[:20]


def moment(instant: int) -> str:
    """A schedule's time, UTC: ``2026-12-01T08:00:00``."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def note(appointment: Appointment) -> dict[str, str]:
    """What is written on a waiting object, so that it says itself what it is."""
    return {
        "inputs": appointment.inputs,
        "instant": str(appointment.instant),
        "source": quote(appointment.path),
    }


def read_note(output: str, metadata: Mapping[str, str]) -> Waiting:
    """A waiting object as it describes itself; one that does not equals nothing wanted."""
    instant = metadata.get("instant", "")
    return Waiting(
        unquote(metadata.get("source", "")),
        output,
        int(instant) if instant.isdigit() else 0,
        metadata.get("inputs", ""),
    )
