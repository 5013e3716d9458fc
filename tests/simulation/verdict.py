"""The verdict: after all is quiet, the bucket is what a from-scratch run would make of it."""

from __future__ import annotations

from tests.simulation.cloud import Edge, Violation
from tests.simulation.site import reader_for

from edgefeed.contract import INDEX_KEY, LISTS, PAGES, Site
from edgefeed.index import Header, Index, decode, encode
from edgefeed.laptop.stores import MemoryStore, Silent
from edgefeed.ports import Ports, Renderer
from edgefeed.rebuild import rebuild
from edgefeed.reconcile import Run
from edgefeed.steps import drive


def judge(store: MemoryStore, edge: Edge | None, site: Site, renderer: Renderer) -> None:
    """Compare what is there with what must be. Raises Violation.

    Documents that the gate holds back differ, as the index says. Without ``edge`` nobody asks
    whether it was told.
    """
    stored = store.get(INDEX_KEY)
    if stored is None:
        raise Violation("there is no index")
    index = decode(stored.body)
    if index.header.debts:
        raise Violation(f"debts were left: {index.header.debts}")
    if index.header.rebuild is not None:
        raise Violation("a rebuild was left")
    if index.header.reader != site.reader:
        raise Violation(f"rows are read by {index.header.reader!r}, not {site.reader!r}")
    clean = from_scratch(store, site, renderer, index.header.emptied)
    found = clean.get(INDEX_KEY)
    assert found is not None
    wanted = decode(found.body)
    for name in ("entries", "others"):
        if getattr(index, name) != getattr(wanted, name):
            raise Violation(f"the index's {name} differ from a from-scratch run's")
    here, there = _bodies(store), _bodies(clean)
    wrong = {k for k in here.keys() | there.keys() if here.get(k) != there.get(k)}
    if wrong != index.header.held.keys():
        held = f", and {sorted(index.header.held)} are held back" if index.header.held else ""
        raise Violation(f"{sorted(wrong)} differ from a from-scratch run's{held}")
    if edge is not None:
        edge.check(index.header.unheard, hub=bool(site.hub))


def from_scratch(
    store: MemoryStore, site: Site, renderer: Renderer, emptied: dict[str, str]
) -> MemoryStore:
    """What a from-scratch run writes from the same pages, with the same memory of names."""
    clean = MemoryStore()
    clean.objects = {k: o for k, o in store.objects.items() if k.startswith(PAGES)}
    clean.put(INDEX_KEY, encode(Index(header=Header(emptied=emptied))))
    ports = Ports(clean, reader_for(site), renderer, Silent(), lambda: 0.0, lambda _: None)
    drive(rebuild(Run(site, ports, token="clean", deadline=1.0)))
    return clean


def _bodies(store: MemoryStore) -> dict[str, bytes]:
    return {
        key: found.body
        for key, found in store.objects.items()
        if key.startswith(LISTS) or key == "state/problems.json"
    }
