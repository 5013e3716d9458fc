"""What holds for every test."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import hypothesis
import pytest
from tests.memory import Folder, begin
from tests.order import dealt

# A busy machine is no failure: no test asks how long something took on the clock.
hypothesis.settings.register_profile("sula", deadline=None)
hypothesis.settings.load_profile("sula")

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it

_made = pytest.StashKey[Folder]()


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
    if "TMPDIR" not in os.environ and (folder := begin(MEMORY)):
        # Processes of xdist, and all that tests start, inherit it.
        config.stash[_made] = folder
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder.path)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests into the order in which they are done soonest."""
    items[:] = dealt(items, getattr(config, "workerinput", {}).get("workercount", 1))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Memory is given back."""
    if folder := config.stash.get(_made, None):
        folder.remove()
