"""A cold function reads its first pages in many threads at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

_MANY = """
import sys, threading
from edgefeed import gate, metadata
sys.setswitchinterval(1e-6)
head = ['<script type="application/ld+json">{"@type": "BlogPosting", "@id": "urn:x"}</script>']
feed = b'{"version": "", "title": "", "home_page_url": "", "feed_url": "", "items": []}'
at_once = threading.Barrier(16)

def read(number):
    at_once.wait()
    try:
        metadata.description(head) if number % 2 else gate._json(feed)
    except (metadata.RefusedError, gate._FaultError):
        pass

threads = [threading.Thread(target=read, args=(n,)) for n in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.parametrize("number", range(12))
def test_the_first_pages_may_come_in_many_threads(number: int) -> None:
    # With `msgspec.json.decode(..., type=...)` in their place, a fifth of these crashed.
    done = subprocess.run(
        [sys.executable, "-c", _MANY], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, f"{number}: {done.stderr}"
