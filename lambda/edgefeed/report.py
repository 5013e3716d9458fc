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


class Report:
    """What a run did, gathered while it goes on."""

    def __init__(self, run: Run, work: Work, counted: Counted, began: float) -> None:
        """Start at a time in seconds."""
        self._counted = counted
        self._run = run
        self._work = work
        self._began = began
        self._error = ""

    def failed(self, error: Exception) -> None:
        """Note why the run did not finish."""
        self._error = f"{type(error).__name__}: {error}"

    def line(self, ended: float) -> dict[str, Any]:
        """The line, as data; its metrics in CloudWatch's embedded format."""
        run, work = self._run, self._work
        run.enter("end")
        keys = {key for message in work.messages for key in message.keys}
        values = {name: run.outputs.counts[name] for name in (*_METRICS, *_COUNTED)}
        values |= {"pages": len(keys), "failed": int(bool(self._error))}
        metrics = [{"Name": name, "Unit": "Count"} for name in _METRICS]
        metrics.append({"Name": "milliseconds", "Unit": "Milliseconds"})
        group = {"Namespace": "Sula/edgefeed", "Dimensions": [["site"]], "Metrics": metrics}
        return {
            "_aws": {"Timestamp": int(ended * 1000), "CloudWatchMetrics": [group]},
            "level": "error" if self._error else "info",
            "message": self._error or f"{work.kind}: {values['written']} documents written",
            "site": run.site.url,
            "run": run.token,
            "kind": work.kind,
            "messages": [message.id for message in work.messages],
            "poison": dict(work.poison),
            **values,
            "invalidated": [path for paths in run.outputs.announced for path in paths],
            "gate": run.outputs.held,
            "left out": sorted(run.outputs.left_out),
            "milliseconds": round((ended - self._began) * 1000),
            "phases": {name: round(spent * 1000) for name, spent in run.phases.items()},
            "requests": dict(self._counted.requests),
        }

    def show(self, ended: float) -> None:
        """Print the line."""
        sys.stdout.write(json.dumps(self.line(ended), ensure_ascii=True) + "\n")
        sys.stdout.flush()
