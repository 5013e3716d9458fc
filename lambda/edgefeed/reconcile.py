"""The protocol: from messages that say *look at this key* to lists that are right.

A run reads the index, then the pages that its messages name, works out the new index
(pure), saves it with compare-and-swap together with the *units* it now owes, writes their
documents, tells the edge, and takes its debt out of the index with compare-and-swap again.

What may go wrong. Messages come late, twice, out of order, and again after every failure; a
message is gone only once it was acknowledged. Any number of runs go on at once. A run may die
before or after any request, and is dead for certain when its lease ends. A request may fail
without having happened, or after having happened, but has by then if it ever does; what a run
asked for when it died is carried out before its lease ends, or never. S3 is strongly
consistent, and its conditional writes are atomic. An object's ETag is its content's MD5, so an
object that changed and changed back cannot be told from one that did not; the index can,
because its bytes hold a counter.

What is promised. When every message has been acknowledged, the rows of the index are what
reading every page gives, no debt is left, and every object under ``lists/`` has the bytes
that its unit has under that index.

Why the rows are right. A run reads its pages (a part of them and then the next, if they are
many) after the version of the index that it replaces; when the swap fails it reads both again,
in that order. And it always swaps, even where the pages say what the rows say. So take a page's
last change: its message is acknowledged only by a run that read the page after it and then made
a version that says so. Every later version was made by a run that read that one, or a later one,
first, and the page thereafter. (A run that wrote nothing because it found nothing new would leave
the way open to a slower one, which read the page before it changed, and changed back.)

Why the documents are right. Invariant: in every version V of the index and for every unit
u, the object of u is that of V, or some debt in V contains u.

* A write of the index that changes u's listing adds a debt that contains u.
* A document is written only by a run whose debt contains its unit, before the lease ends:
  the debt is in every version until that run, or one that adopted it after its death,
  takes it out.
* A debt is taken out by a compare-and-swap against a version V for which the run has, for
  each of its units, written or compared the object with the listing that the unit has in V
  (`_settle` writes again what differs). Say the last write of u's object was by R, and R's
  debt went at V. If u's listing changed later, the run that changed it compared the object
  after R's last write, found it equal, and would have become the last writer had it not been.
  So when no debt contains u, the object is what the newest version says.

The generation in an object's metadata spares readers the interval in which a slow run puts
an old document over a newer one: a run leaves alone what a newer run wrote. ``If-Match``
makes that check and the write one step, except where the object changed and changed back
meanwhile. Then an old document may be live until the slow run settles, which it cannot do
without comparing it with the index as it is by then.

Why no debt is lost. A debt names the keys whose rows its run changed, and a message is not
acknowledged while another run's debt names one of its keys. The message of a page's last
change is not acknowledged before the row says what the page says; the run that makes it say
so adds its debt in the same write. So should that run die, there is a message that comes
again, and the first run that sees the debt after its lease has ended adopts it. Naming the
messages instead would not do: a second delivery of an older message may be what finds the
change. Adopted units are all compared, and their paths all invalidated. A run that stops at its
deadline and so lives to leave its debt itself needs no more than one message for that: the debt
is left under the keys of one that is answered as failed, and the others are done with.

Why the hub hears. The write that takes a debt out notes in the index which feeds changed. Only
then, with nothing else left to do, the run pings the hub, and takes out what it heard. What it
did not hear in time is told by the next run that has handled its messages.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from edgefeed.changes import advance, affected, changed_keys
from edgefeed.contract import INDEX_KEY
from edgefeed.index import ALL, REBUILD, REFRESH, BadIndex, Debt, Header, Index, apply, decode
from edgefeed.listing import Catalogue
from edgefeed.model import Observed, Post
from edgefeed.outputs import ATTEMPTS, patiently, pause
from edgefeed.steps import Together
from edgefeed.store import Conflict, Unavailable
from edgefeed.telling import Telling
from edgefeed.units import units_of
from edgefeed.versions import Choice, Message, Outdated, Version


@dataclass(eq=False, kw_only=True)
class Run(Telling):
    """One invocation. ``token`` is unique to it, ``deadline`` the time to stop writing.

    For ``lease`` seconds a debt is its run's own: longer than a run can live. With ``start_over``
    an index that cannot be read counts as empty. So many pages as ``at_least`` are read however
    little time there is; ``part`` of them are held in memory, until the index is written with
    what they say.
    """

    lease: float = 120.0
    commits: int = 0
    start_over: bool = False
    at_least: int = 50
    part: int = 1_000
    _seen: dict[str, tuple[str, str, Observed]] = field(init=False, default_factory=dict)
    _unread: frozenset[str] = field(init=False, default=frozenset())
    _witness: tuple[str, ...] = field(init=False, default=())

    # --- the whole run ---------------------------------------------------------------

    async def handle(self, messages: Sequence[Message]) -> frozenset[str]:
        """Handle messages; return the ids of those that must come again.

        Raises `Unavailable` and `Outdated`: then all must come again.
        """
        keys = sorted({key for message in messages for key in message.keys})
        # What is read must be written in the same run, or all of it was for nothing.
        until = (self.ports.now() + self.deadline) / 2
        left, unread = keys, set[str]()
        while True:
            # A part at a time: where another run's swap comes first, no more is read again.
            part, left = left[: self.part], left[self.part :]
            version = await self.commit(partial(_given, Choice(part, until)))
            unread |= self._unread
            if not left or self.ports.now() >= until:
                break
            self.forget()
        self._unread = frozenset(unread.union(left))
        # Best one that has to come again anyway.
        ordered = sorted(messages, key=lambda message: self._unread.isdisjoint(message.keys))
        self._witness = next((message.keys for message in ordered if message.keys), ())
        finished, version = await self.pay(version)
        return frozenset(
            message.id
            for message in messages
            if not (finished or self._witness)
            or not self._unread.isdisjoint(message.keys)
            or self.is_owed(version, message.keys or (REFRESH, REBUILD))
        )

    async def pay(self, version: Version) -> tuple[bool, Version]:
        """Write what our debt in this version says, tell the edge, and clear the debt.

        Tells whether all was done; what was not stays in the index for the next run.
        """
        debt = version.header.debts.get(self._debt_token)
        if debt is None:
            return True, await self._tell(version)
        remaining = await self._write(debt.units, version)
        finished, version = await self._settle(version, remaining)
        return finished, await self._tell(version)

    def is_read_otherwise(self, header: Header) -> bool:
        """Whether rows of the index may differ from what this function's reader would say."""
        return header.reader != self.site.reader or header.rebuild is not None

    def is_owed(self, version: Version, keys: Iterable[str]) -> bool:
        """Whether a debt stands for one of these keys: then its message must come again."""
        named = {key for debt in version.header.debts.values() for key in debt.keys}
        return ALL in named or not named.isdisjoint(keys)

    # --- the index -------------------------------------------------------------------

    @property
    def _debt_token(self) -> str:
        return f"{self.token}.{self.commits}"

    async def load(self) -> Version:
        """The index as it is. Raises Unavailable when it cannot be read."""
        self.enter("index")
        found = await patiently(self.ports, lambda: self.ports.store.get(INDEX_KEY))
        try:
            # A warm function has most likely read, or written, these very bytes before.
            index = (self.indexes.get(found.etag) or decode(found.body)) if found else None
        except BadIndex as error:
            if not self.start_over:
                raise Unavailable(f"{error}; rebuild it") from error
            index = None
        if index is None:
            index = Index(Header(generation=self._above(), rebuild="" if found else None))
        elif found:
            self.indexes.add(found.etag, index, 1)
        return Version(Catalogue(index, self.site), found.etag if found else None)

    def _above(self) -> int:
        """A generation above all that documents have, of an index that was lost or is back."""
        return int(self.ports.now() * 1000)

    async def commit(self, choose: Callable[[Index], Coroutine[Any, Any, Choice]]) -> Version:
        """Bring the index up to date with some pages, as one compare-and-swap.

        The version returned holds our debt, if there is anything to write. Raises
        Unavailable, Outdated.
        """
        before = self._debt_token
        self.commits += 1
        for attempt in range(ATTEMPTS):
            base = await self.load()
            if self._debt_token in base.header.debts:
                return base  # a write that seemed to fail has happened
            if base.header.revision > self.site.revision:
                raise Outdated(f"revision {base.header.revision} is at work")
            # The pages after the index: see the module's docstring.
            choice = await choose(base.catalogue.index)
            seen = await self.observe(choice.keys, choice.until)
            if choice.everything or (base.etag and self._is_renewed(base)):
                # Other settings may have had more pages, or a search.
                choice = replace(choice, more=frozenset(units_of(await self.lists())))
            new = self._plan(base, choice, seen, before)
            if new is None:
                return base
            await self._save_fragments(base, seen)
            try:
                return await self._swap(base, new)
            except (Conflict, Unavailable):
                await pause(self.ports, attempt)
        raise Unavailable(f"the index changed {ATTEMPTS} times while it was being updated")

    def _plan(
        self, base: Version, choice: Choice, seen: Mapping[str, Observed], before: str
    ) -> Catalogue | None:
        """The next index with our debt in it; None when nothing is to be done."""
        old, header = base.catalogue, base.header
        new = advance(old, apply(old.index, seen))
        units = affected(old, new) | choice.more
        keys = changed_keys(old.index, new.index, seen)
        if choice.everything or choice.rebuild is not None:
            # A part's rows, too, were changed for who asked: their pages' messages may be gone.
            keys |= {REBUILD if choice.everything else REFRESH}
        if self._is_renewed(base):
            # Of a site's first index nobody was told: any message stands for it.
            keys |= {REFRESH if base.etag else ALL}
        if choice.everything or self._is_renewed(base):
            units = units.union(new.units())
        if self.outputs.accept:
            units |= units_of(header.held)
            keys |= {REFRESH}
        due, live = self._sort_debts(header, before)
        for token in due:
            units |= {*header.debts[token].units}
            keys |= {*header.debts[token].keys}
            if token != before:
                self.adopted |= {*header.debts[token].units}
        # Whoever begins an index has read all of it.
        reads_all = choice.everything or choice.rebuild is not None or base.etag is None
        mixed = ALL if seen and header.reader != self.site.reader else header.reader
        moved = choice.rebuild != header.rebuild and (choice.rebuild or choice.everything)
        is_new = new.index is not old.index or header.revision != self.site.revision
        if self._is_idle(seen, changed=bool(units or due or moved or is_new)):
            return None
        if units:
            until = self.ports.now() + self.lease
            live[self._debt_token] = Debt(until, tuple(sorted(keys)), tuple(sorted(units)))
        return new.under(
            generation=max(header.generation + 1, self._above() if choice.everything else 0),
            revision=self.site.revision,
            renderer=self.site.renderer,
            reader=self.site.reader if reads_all else mixed,
            debts=live,
            rebuild=choice.rebuild if moved else header.rebuild,
        )

    def _is_idle(self, seen: Mapping[str, Observed], *, changed: bool) -> bool:
        """Whether the index can stay as it is.

        A run that looked at pages writes it even if they changed nothing: the write stops any run
        that read those pages earlier, and would put them in as they were then. So a function's
        first run stops older functions.
        """
        return not changed and not seen

    def _is_renewed(self, base: Version) -> bool:
        return base.header.renderer != self.site.renderer or base.etag is None

    def _sort_debts(self, header: Header, before: str) -> tuple[list[str], dict[str, Debt]]:
        """Debts to take over (abandoned ones, and our own earlier one), and the others."""
        now = self.ports.now()
        due = [t for t, debt in header.debts.items() if debt.until <= now or t == before]
        return due, {t: debt for t, debt in header.debts.items() if t not in due}

    # --- pages -----------------------------------------------------------------------

    async def observe(self, keys: Sequence[str], until: float = math.inf) -> dict[str, Observed]:
        """What pages say now: of all of them, or of as many as could be read in time."""
        self.enter("read")
        late = {*keys[self.at_least :]}
        unread: set[str] = set()

        async def look(key: str) -> Observed:
            if key in late and self.ports.now() >= until:
                unread.add(key)
                return None
            return await self._look(key)

        seen = dict(zip(keys, await Together([look(key) for key in keys]), strict=True))
        self._unread = frozenset(unread)
        self.enter("index")
        return {key: said for key, said in seen.items() if key not in unread}

    async def _look(self, key: str) -> Observed:
        page = await patiently(self.ports, lambda: self.ports.store.get(key))
        if page is None:
            return None
        known = self._seen.get(key)
        if known is not None and known[:2] == (page.etag, page.modified):
            return known[2]
        seen = self.ports.read(key, page.body, page.modified)
        self._seen[key] = page.etag, page.modified, seen
        return seen

    async def _save_fragments(self, base: Version, seen: Mapping[str, Observed]) -> None:
        posts = [post for post in seen.values() if isinstance(post, Post)]
        wanted = {post.entry.fragment for post in posts}
        entries = base.catalogue.index.entries
        named = {entry.fragment for entry in entries if entry.fragment in wanted}
        await self.outputs.save(posts, named)

    # --- after the index -------------------------------------------------------------

    async def _write(self, units: Iterable[str], version: Version) -> frozenset[str]:
        """Write units and tell the edge; return those for which there was no time.

        Where that fails, our debt is left to the next run. Raises Unavailable.
        """
        self.enter("lists")
        try:
            late = await self.outputs.write(units, version.catalogue, self.deadline)
            await self._announce()
        except Unavailable:
            await self.release(version)
            raise
        return frozenset(late)

    async def _settle(self, version: Version, remaining: frozenset[str]) -> tuple[bool, Version]:
        """Take our debt out of the index, or leave in it what remains, free to be adopted.

        Only against a version with which every unit that we wrote was compared.
        """
        self.enter("index")
        for attempt in range(ATTEMPTS):
            debt = version.header.debts.get(self._debt_token)
            if debt is None:  # adopted, or a write that seemed to fail has happened
                return not remaining, version
            try:
                settled = self._settled(version, debt, remaining)
                return not remaining, await self._swap(version, settled)
            except (Conflict, Unavailable):
                await pause(self.ports, attempt)
            version = await self.load()
            remaining |= await self._catch_up(version, debt)
        raise Unavailable(f"the debt could not be cleared in {ATTEMPTS} attempts")

    async def _catch_up(self, version: Version, debt: Debt) -> frozenset[str]:
        """Compare what we wrote with a newer version; return what has to remain owed."""
        if version.header.renderer != self.site.renderer:
            # A newer edgefeed has taken over: what we wrote is for it to compare.
            return frozenset(debt.units)
        return await self._write(self._stale(version), version)

    def _stale(self, version: Version) -> set[str]:
        """Units that this version shows differently from what we wrote, or that are in doubt.

        That are those of documents that we held back, or let pass and others have held back since:
        an older run may have written one after we looked.
        """
        outputs, resolve = self.outputs, version.catalogue.resolve
        differing = {u for u, listing in outputs.written.items() if resolve(u) != listing}
        doubtful = outputs.passed.intersection(version.header.held).union(outputs.held)
        return differing.union(outputs.left, units_of(doubtful))

    def _settled(self, version: Version, debt: Debt, remaining: frozenset[str]) -> Catalogue:
        header = version.header
        debts = {token: d for token, d in header.debts.items() if token != self._debt_token}
        if remaining:
            debts[self._debt_token] = Debt(0, self._left_for(debt), tuple(sorted(remaining)))
        held = {k: why for k, why in header.held.items() if k not in self.outputs.passed}
        return version.catalogue.under(
            generation=header.generation + 1,
            debts=debts,
            held=dict(sorted((held | self.outputs.held).items())),
            unheard=tuple(sorted(self.unheard.union(header.unheard))),
        )

    def _left_for(self, debt: Debt) -> tuple[str, ...]:
        """The keys of a debt that we leave: one of our messages comes again for it.

        So the others need not, to be read once more and wait for whoever writes the rest.
        """
        if not self._witness:
            return debt.keys
        return tuple(sorted({REBUILD, REFRESH}.intersection(debt.keys).union(self._witness)))

    def forget(self) -> None:
        """Drop pages that were read; only a failed swap needs them again."""
        self._seen.clear()

    async def release(self, version: Version) -> None:
        """Try once to leave our debt to the next run now, and not when the lease ends."""
        if debt := version.header.debts.get(self._debt_token):
            with suppress(Conflict, Unavailable):
                await self._swap(version, self._settled(version, debt, frozenset(debt.units)))


async def _given(choice: Choice, _: Index) -> Choice:
    return choice
