"""Rebuild from nothing: index and lists from the pages alone, a part at a time.

The pages are read in the order of their keys; how far that came is in the index's header,
so that a rebuild cut off by its time limit goes on where it was, by whichever run is next.
"""

from __future__ import annotations

from functools import partial
from itertools import chain, islice

from edgefeed.contract import PAGES
from edgefeed.events import is_page
from edgefeed.index import REBUILD, REFRESH, Index
from edgefeed.outputs import patiently
from edgefeed.reconcile import Run
from edgefeed.units import unit_of
from edgefeed.versions import Choice, Message


async def rebuild(run: Run) -> bool:
    """Look at every page and write everything; tells whether it came to the end.

    Raises as `Run.handle` does.
    """
    run.start_over = True
    while True:
        version = await run.commit(lambda index: _next_part(run, index, run.part))
        if version.header.rebuild is None:
            break
        if run.ports.now() >= run.deadline:
            await run.release(version)
            return False
        run.forget()
    await _remove_foreign(run)
    finished, version = await run.pay(version)
    return finished and not run.is_owed(version, (REFRESH, REBUILD))


async def refresh(run: Run, message: Message) -> bool:
    """Bring the lists up to date with the function itself; tells whether all is done.

    A new theme or setting only writes every list anew. Where pages might be read otherwise than
    those that are in the index were, or the index is in another format, it is a rebuild, and goes
    on with one that was begun for that. Raises as `Run.handle` does.
    """
    run.start_over = True
    version = await run.load()
    run.start_over = False
    if version.etag is not None and run.is_read_otherwise(version.header):
        return await rebuild(run)
    left = await run.handle([message])
    # A site's first index may be by an older function, and only just.
    return not left and not run.is_read_otherwise((await run.load()).header)


async def _next_part(run: Run, index: Index, part: int) -> Choice:
    """The next keys to look at: those of pages, and those of rows whose page is gone."""
    header, now = index.header, run.ports.now()
    abandoned = [debt for debt in header.debts.values() if debt.until <= now]
    ours = header.reader == run.site.reader
    if ours and header.rebuild is None and any(REBUILD in debt.keys for debt in abandoned):
        return Choice(())  # every page was read; what is left is to write
    # What another reader has read does not count.
    store, after = run.ports.store, (header.rebuild or "") if ours else ""
    listed = await patiently(
        run.ports, lambda: list(islice(filter(is_page, store.keys(PAGES, after)), part))
    )
    last = len(listed) < part
    end = "" if last else listed[-1]
    rows = chain(index.entries, index.others)
    known = {key for key in (row.key for row in rows) if key > after and (last or key <= end)}
    keys = sorted(known.union(listed))
    return Choice(keys, everything=True) if last else Choice(keys, rebuild=end)


async def _remove_foreign(run: Run) -> None:
    """Remove objects from ``lists/`` that no unit could have written."""
    for key in [key for key in await run.lists() if unit_of(key) is None]:
        await patiently(run.ports, partial(run.ports.store.delete, key))
        run.outputs.changed.add(key)
