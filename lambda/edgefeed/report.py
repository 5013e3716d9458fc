"""One line of JSON for each run: for people who search logs, and for CloudWatch's metrics."""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from edgefeed.events import Work
from edgefeed.reconcile import Run
from edgefeed.store import Store

_METRICS: Final = ("pages", "written", "unchanged", "deleted", "held", "left", "failed")
_COUNTED: Final = ("fragments", "bytes", "pings owed")


class Counted:
    """A store that counts its requests by kind; a listing counts once, however long it is."""

    def __init__(self, store: Store) -> None:
        """Take the store that answers."""
        self._store = store
        self._lock = threading.Lock()
        self.requests: Counter[str] = Counter()

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        """One of `Store`'s requests, counted where it is asked for: that is once for each."""
        with self._lock:
            self.requests[kind] += 1
        request: Callable[..., Any] = getattr(self._store, kind)
        return request


def line(run: Run, work: Work, counted: Counted, error: str) -> dict[str, Any]:
    """What a run that ends now did, as data; its metrics in CloudWatch's embedded format."""
    run.enter("end")
    keys = {key for message in work.messages for key in message.keys}
    values = {name: run.outputs.counts[name] for name in (*_METRICS, *_COUNTED)}
    values |= {"pages": len(keys), "failed": int(bool(error))}
    metrics = [{"Name": name, "Unit": "Count"} for name in _METRICS]
    metrics.append({"Name": "milliseconds", "Unit": "Milliseconds"})
    group = {"Namespace": "Sula/edgefeed", "Dimensions": [["site"]], "Metrics": metrics}
    return {
        "_aws": {"Timestamp": int(run.ports.now() * 1000), "CloudWatchMetrics": [group]},
        "level": "error" if error else "info",
        "message": error or f"{work.kind}: {values['written']} documents written",
        "site": run.site.url,
        "run": run.token,
        "kind": work.kind,
        "messages": [message.id for message in work.messages],
        "poison": dict(work.poison),
        **values,
        "invalidated": [path for paths in run.outputs.announced for path in paths],
        "gate": run.outputs.held,
        "left out": sorted(run.outputs.left_out),
        "milliseconds": round(sum(run.phases.values()) * 1000),
        "phases": {name: round(spent * 1000) for name, spent in run.phases.items()},
        "requests": dict(counted.requests),
    }


def show(said: dict[str, Any]) -> None:
    """Print a line."""
    sys.stdout.write(json.dumps(said, ensure_ascii=True) + "\n")
    sys.stdout.flush()
