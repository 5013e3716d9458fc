"""Compiled templates, kept from run to run: compiling takes longer than rendering a page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import jinja2
from jinja2.bccache import Bucket

from sula.scratch import keep, recall

_memory: Final[dict[tuple[str, str], bytes]] = {}


class Compiled(jinja2.BytecodeCache):
    """Compiled templates in memory, and on disk.

    Jinja2 checks each against the source it was compiled from. The folder's name tells
    apart what its own check does not: versions of Jinja2 and Python.
    """

    def __init__(self, root: Path) -> None:
        """Keep them in the scratch folder of `root`."""
        self._root = root
        self._folder = f"templates/{jinja2.__version__}-{sys.implementation.cache_tag}"

    def load_bytecode(self, bucket: Bucket) -> None:
        """See `jinja2.BytecodeCache`."""
        body = _memory.get((bucket.key, bucket.checksum))
        body = body or recall(self._root, f"{self._folder}/{bucket.key}")
        if body is not None:
            bucket.bytecode_from_string(body)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """See `jinja2.BytecodeCache`."""
        body = _memory[bucket.key, bucket.checksum] = bucket.bytecode_to_string()
        keep(self._root, f"{self._folder}/{bucket.key}", body)
