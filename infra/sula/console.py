"""What the command line prints: colour and bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO, TypeVar

from sula.errors import Finding
from sula.planning.actions import Action, Plan
from sula.publishing.deploy import Steps
from sula.report import plural, seconds

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

T = TypeVar("T")
_COLOURS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "dim": "2", "bold": "1"}
PATIENCE = 0.4
"""Seconds that nobody needs to be told about: a bar would only flash."""
_SIGNS = {"+": "green", "~": "yellow", "-": "red"}


class Console:
    """A place to print to. Output for people goes to ``out``, trouble to ``err``."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        """Print to the process's own streams unless told otherwise."""
        self.out = out or sys.stdout
        self.err = err or sys.stderr
        plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        self.coloured, self._err_coloured = (
            not plain and stream.isatty() for stream in (self.out, self.err)
        )

    @property
    def live(self) -> bool:
        """Whether a person looks on, and a line may be drawn over."""
        return self.out.isatty() and os.environ.get("TERM") != "dumb"

    def paint(self, text: str, colour: str, *, trouble: bool = False) -> str:
        """The text in a colour, where colours are seen: in ``out``, or where `trouble` goes."""
        coloured = self._err_coloured if trouble else self.coloured
        return f"\033[{_COLOURS[colour]}m{text}\033[0m" if coloured else text

    def line(self, text: str = "") -> None:
        """One line, at once."""
        print(text, file=self.out, flush=True)

    def change(self, text: str) -> None:
        """A line that begins with + ~ or -, in its colour."""
        colour = _SIGNS.get(text.lstrip()[:1])
        self.line(self.paint(text, colour) if colour else text)

    def trouble(self, message: str) -> None:
        """One clear message about what could not be done."""
        self.out.flush()
        print(f"{self.paint('sula:', 'red', trouble=True)} {message}", file=self.err, flush=True)

    def findings(self, findings: Iterable[Finding], *, trouble: bool = True) -> None:
        """Each finding as ``path:line: message``: as trouble, or as what was asked for."""
        self.out.flush()
        for finding in findings:
            place, _, message = str(finding).partition(": ")
            message, _, code = message.rpartition(" ")
            colour = "red" if finding.severity == "error" else "yellow"
            parts = (place + ":", "bold"), (message, colour), (code, "dim")
            text = " ".join(self.paint(*part, trouble=trouble) for part in parts)
            print(text, file=self.err if trouble else self.out, flush=True)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Say what is going on, and how long it took once it is done."""
        began = time.monotonic()
        if self.live:
            print(f"{text} … ", end="", file=self.out, flush=True)
        try:
            yield
        except BaseException:
            if self.live:
                self.line()
            raise
        took = self.paint(seconds(time.monotonic() - began), "dim")
        self.line(took if self.live else f"{text}: {took}")


class Following(Steps):
    """What takes long, as bars on a terminal. Elsewhere nothing is said until the end."""

    def __init__(self, console: Console, patience: float = 0.0) -> None:
        """Draw nothing before there is something to draw, nor in the first `patience` seconds."""
        self.console = console
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._uploads = 0
        self._lock = threading.Lock()  # many threads publish, and there is one set of bars
        self._quiet_until = time.monotonic() + patience

    def planned(self, plan: Plan) -> None:
        """See `Steps.planned`."""
        self._uploads = len(plan.actions)

    def rendered(self, done: int, of: int) -> None:
        """See `Steps.rendered`."""
        self._move("Rendering", of, lambda bars, task: bars.update(task, completed=done))

    def uploaded(self, action: Action) -> None:
        """See `Steps.uploaded`."""
        del action
        self._move("Publishing", self._uploads, lambda bars, task: bars.advance(task))

    def waiting(self, pending: int) -> None:
        """See `Steps.waiting`."""
        what = f"Waiting for the lists ({plural(pending, 'page')})"
        self._move("Lists", None, lambda bars, task: bars.update(task, description=what))

    def asked(self, done: int, of: int) -> None:
        """Other sites, asked whether their pages are there."""
        self._move("Asking other sites", of, lambda bars, task: bars.update(task, completed=done))

    def looked(self, done: int, of: int) -> None:
        """So many sources are looked at."""
        self._move("Looking at sources", of, lambda bars, task: bars.update(task, completed=done))

    def track(self, what: str, items: Collection[T]) -> Iterator[T]:
        """The items one by one, with a bar for how many are done."""
        for done, item in enumerate(items, start=1):
            yield item
            self._move(what, len(items), lambda bars, task, n=done: bars.update(task, completed=n))  # type: ignore[misc]

    def close(self) -> None:
        """Take the bars away."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None
            self._tasks.clear()

    def _move(
        self, name: str, total: int | None, change: Callable[[Progress, TaskID], None]
    ) -> None:
        few = total is not None and total < 3  # noqa: PLR2004 - a flash
        if not self.console.live or few or time.monotonic() < self._quiet_until:
            return
        with self._lock:
            if self._bars is None:
                from rich.console import Console as Screen  # noqa: PLC0415 - only on a terminal
                from rich.progress import Progress  # noqa: PLC0415 - the same

                self._bars = Progress(transient=True, console=Screen(file=self.console.out))
                self._bars.start()
            if name not in self._tasks:
                self._tasks[name] = self._bars.add_task(name, total=total)
            change(self._bars, self._tasks[name])
