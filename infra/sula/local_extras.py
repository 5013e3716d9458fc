"""What the local cloud lacks: a key value store at the edge, and schedules on the second.

ministack keeps key value stores, but its edge functions cannot read them; and it looks for due
schedules every ten seconds, which is long for somebody who watches. Both are mended in its process.
"""

from __future__ import annotations

import importlib
import json
from typing import Any

_IMPORT = b"import cf from 'cloudfront';"
_STORE = """const cf = (() => {
  const items = new Map(%s);
  return { kvs: () => ({
    get: async (key) => {
      if (!items.has(key)) throw new Error('KeyNotFound');
      return items.get(key);
    },
    exists: async (key) => items.has(key),
  }) };
})();"""


def extend() -> None:
    """Mend the emulator that this process runs."""
    edge: Any = importlib.import_module("ministack.services.cloudfront")
    stores: Any = importlib.import_module("ministack.services.cloudfront_keyvaluestore")
    schedules: Any = importlib.import_module("ministack.services.scheduler")
    published = edge.live_function_code

    def with_store(arn: str) -> bytes | None:
        """The function's code, its store's contents in place of the import."""
        code: bytes | None = published(arn)
        if code is None or _IMPORT not in code:
            return code
        known = edge._functions.get(arn.rsplit("/", 1)[-1]) or {}  # noqa: SLF001 - see above
        items: dict[str, str] = {}
        for store in known.get("kvs_arns", ()):
            items |= (stores._stores.get(store) or {}).get("items", {})  # noqa: SLF001 - the same
        return code.replace(_IMPORT, (_STORE % json.dumps(list(items.items()))).encode())

    edge.live_function_code = with_store
    schedules._SCHEDULE_TICK_INTERVAL = 1  # noqa: SLF001 - the same
