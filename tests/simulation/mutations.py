"""The protocol broken on purpose. Each mutation must be found, or the simulator is blind."""

# ruff: noqa: ARG002 - what they ignore is what is broken

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from edgefeed.index import Debt, Header
from edgefeed.model import Observed
from edgefeed.outputs import Outputs
from edgefeed.reconcile import Run
from edgefeed.store import Head
from edgefeed.units import unit_of
from edgefeed.versions import Version


class IndexWrittenBlindly(Run):
    """The index is put without ``If-Match``."""

    def _condition(self, base: Version) -> str | None:
        return None


class PagesReadOnce(Run):
    """After a failed swap the index is read again, the pages are not."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._first: dict[tuple[str, ...], dict[str, Observed]] = {}

    async def observe(self, keys: Sequence[str], until: float = math.inf) -> dict[str, Observed]:
        name = tuple(keys)
        if name not in self._first:
            self._first[name] = await super().observe(keys, until)
        return self._first[name]


class UnreadForgotten(Run):
    """The messages of pages that there was no time to read are acknowledged."""

    async def observe(self, keys: Sequence[str], until: float = math.inf) -> dict[str, Observed]:
        seen = await super().observe(keys, until)
        self._unread = frozenset()
        return seen


class NobodyComesBack(Run):
    """A debt that is left for want of time is left under no message's keys."""

    def _left_for(self, debt: Debt) -> tuple[str, ...]:
        return () if self._witness else debt.keys


class DebtClearedBlindly(Run):
    """The debt is cleared although the index has moved since the lists were written."""

    def _stale(self, version: Version) -> set[str]:
        return set()


class DebtsOfTheDeadIgnored(Run):
    """A debt whose lease has ended is left to nobody."""

    def _sort_debts(self, header: Header, before: str) -> tuple[list[str], dict[str, Debt]]:
        due = [token for token in header.debts if token == before]
        return due, {token: debt for token, debt in header.debts.items() if token not in due}


class LiveDebtsAdopted(Run):
    """A debt is taken from a run that is still alive, which goes on writing."""

    def _sort_debts(self, header: Header, before: str) -> tuple[list[str], dict[str, Debt]]:
        return list(header.debts), {}


class AcknowledgedTooEarly(Run):
    """A message is acknowledged although another run's debt names its key."""

    def is_owed(self, version: Version, keys: object) -> bool:
        return False


class Reckless(Outputs):
    """Writes whatever it has."""

    def _is_newer(self, head: Head | None, generation: int) -> bool:
        return False


class NoGenerations(Run):
    """An older run writes over what a newer one wrote."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outputs = Reckless(self.ports, self.outputs.cache)


class AdoptedPathsForgotten(Run):
    """The paths of adopted units are not invalidated."""

    async def _announce(self) -> None:
        self.adopted.clear()
        await super()._announce()


class PingsForgotten(Run):
    """Feeds that the hub did not hear of are not noted in the index."""

    async def _announce(self) -> None:
        await super()._announce()
        self.unheard.clear()


class NothingNewNothingWritten(Run):
    """A run that finds nothing new leaves the index, and every slower run, as they are."""

    def _is_idle(self, seen: Mapping[str, Observed], *, changed: bool) -> bool:
        return not changed


class OldReadingsStay(Run):
    """A deploy that reads pages otherwise leaves rows as they were read before."""

    def is_read_otherwise(self, header: Header) -> bool:
        return False


class NothingElseLookedFor(Run):
    """A deploy leaves documents that its own settings do not name."""

    async def lists(self) -> list[str]:
        return [key for key in await super().lists() if unit_of(key) is None]


class GenerationsGoOn(Run):
    """Documents of an index that was lost, or replaced by an old one, count as newer."""

    def _above(self) -> int:
        return 0


class NoDebt(Run):
    """The index is saved without saying what is owed."""

    async def _swap(self, base: Version, new: Any) -> Version:
        debts = {**new.index.header.debts}
        debts.pop(self._debt_token, None)
        saved = await super()._swap(base, new.under(debts=debts))
        return Version(new, saved.etag)


MUTATIONS: tuple[type[Run], ...] = (
    IndexWrittenBlindly,
    PagesReadOnce,
    UnreadForgotten,
    NobodyComesBack,
    DebtClearedBlindly,
    DebtsOfTheDeadIgnored,
    LiveDebtsAdopted,
    AcknowledgedTooEarly,
    NoGenerations,
    AdoptedPathsForgotten,
    PingsForgotten,
    NothingNewNothingWritten,
    OldReadingsStay,
    NothingElseLookedFor,
    GenerationsGoOn,
    NoDebt,
)
