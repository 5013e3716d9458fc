"""What is owed, asked of the function itself: is what readers see what the pages say?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from edgefeed.index import apply
from edgefeed.reconcile import Run


async def status(run: Run, keys: Sequence[str]) -> dict[str, Any]:
    """The state of the lists. Reads only.

    ``pending`` are those of ``keys`` whose page, as it is now, the index does not yet
    show; ``owed`` counts the units that some run has still to write. When both are empty,
    the lists show these pages. Raises Unavailable.
    """
    version = await run.load()
    index, header = version.catalogue.index, version.header
    seen = await run.observe(sorted(set(keys)))
    pending = [key for key, page in seen.items() if apply(index, {key: page}) is not index]
    owed = {unit for debt in header.debts.values() for unit in debt.units}
    return {
        "pending": pending,
        "owed": len(owed),
        "current": header.renderer == run.site.renderer and not run.is_read_otherwise(header),
        "rebuilding": header.rebuild,
        "generation": header.generation,
        "revision": header.revision,
        "posts": len(version.catalogue.posts),
        "held": header.held,
        "unheard": header.unheard,
        "problems": list(map(msgspec.structs.asdict, version.catalogue.problems)),
    }
