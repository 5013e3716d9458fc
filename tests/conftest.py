"""What holds for every test."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path

import hypothesis
import pytest
from tests.order import dealt

# A busy machine is no failure: no test asks how long something took on the clock.
hypothesis.settings.register_profile("sula", deadline=None)
hypothesis.settings.load_profile("sula")

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
ROOM = 2 << 30
"""A whole run needs a tenth of it."""

_made = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Let Ctrl-C reach what tests start, and let their files be in memory.

    A shell that starts a job in the background has it ignore SIGINT, and so do all its
    descendants: tests that interrupt a command would then wait for it in vain.

    Tests make and remove some hundred thousand small files. On a disk that takes longer than
    what the tests are about. Who sets TMPDIR has them there, and they stay for a look.
    """
    config.addinivalue_line("markers", "long: takes seconds of a processor; begins early")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if "TMPDIR" not in os.environ and has_room(MEMORY):
        # Processes of xdist, and all that tests start, inherit it.
        folder = tempfile.mkdtemp(prefix="sula-tests-", dir=MEMORY)
        config.stash[_made] = Path(folder)
        os.environ["TMPDIR"] = tempfile.tempdir = folder


def has_room(folder: Path) -> bool:
    """Whether we may make files in a folder, run them, and not fill it."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return False
    state = os.statvfs(folder)
    runs_programs = not state.f_flag & os.ST_NOEXEC
    return runs_programs and state.f_bavail * state.f_frsize >= ROOM


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests into the order in which they are done soonest."""
    items[:] = dealt(items, getattr(config, "workerinput", {}).get("workercount", 1))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Memory is given back."""
    if folder := config.stash.get(_made, None):
        shutil.rmtree(folder)
