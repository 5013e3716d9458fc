"""What holds for every test."""

from __future__ import annotations

import signal

import hypothesis

# A busy machine is no failure: no test asks how long something took on the clock.
hypothesis.settings.register_profile("sula", deadline=None)
hypothesis.settings.load_profile("sula")


def pytest_configure() -> None:
    """Let Ctrl-C reach what tests start.

    A shell that starts a job in the background has it ignore SIGINT, and so do all its
    descendants: tests that interrupt a command would then wait for it in vain.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
