"""The process that is the local cloud: ministack, which ends when its parent does.

Run as ``python -m sula.local.server PORT HOME [ACCESS-LOG]``. Standard input is a leash: the parent
holds the other end of the pipe, so even a parent that is killed outright lets go of it,
and then this process ends its whole group (Lambda workers, Node) and removes its files.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time

_GRACE = 5.0


def _end_with_parent(home: str, alone: threading.Event) -> None:
    sys.stdin.buffer.read()  # returns when the parent lets go
    alone.set()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE)
    _clear(home)


def _clear(home: str) -> None:
    """Remove the files, end the group, this process included."""
    shutil.rmtree(home, ignore_errors=True)
    os.killpg(os.getpgid(0), signal.SIGKILL)


def main() -> None:
    """Serve ministack on loopback until told to stop."""
    from hypercorn.config import Config  # noqa: PLC0415 - only this process serves
    from hypercorn.run import run  # noqa: PLC0415 - the same

    from sula.local.extras import extend  # noqa: PLC0415 - the same

    extend()
    port, home, *access = sys.argv[1:]
    alone = threading.Event()
    threading.Thread(target=_end_with_parent, args=(home, alone), daemon=True).start()
    config = Config()
    # ministack's own command listens on every interface; this does not.
    config.bind = [f"127.0.0.1:{port}"]
    config.application_path = "ministack.app:app"
    config.accesslog = access[0] if access else None  # every request, for those who count them
    config.workers = 0  # in this process: hypercorn's workers would outlive their group
    config.graceful_timeout = 0.2
    config.keep_alive_timeout = 75.0
    run(config)
    if alone.is_set():
        _clear(home)


if __name__ == "__main__":
    main()
