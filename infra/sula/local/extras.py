"""What the local cloud lacks: redirects at the edge, domains, and schedules on the second.

ministack keeps key value stores, but its edge functions cannot read them; its edge answers to
CloudFront's own names and not to a distribution's aliases; and it looks for due schedules every
ten seconds, which is long for somebody who watches. All three are mended in its process.
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
    server: Any = importlib.import_module("ministack.app")
    published, named = edge.live_function_code, server._parse_cloudfront_dataplane_host  # noqa: SLF001 - its own names

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

    def by_alias(host: str) -> str | None:
        """The first label of the distribution's own name, of an alias as well."""
        wanted = host.partition(":")[0].lower()
        for one in edge._distributions.values():  # noqa: SLF001 - the same
            if wanted in edge._get_distribution_aliases(one):  # noqa: SLF001 - the same
                return str(one["DomainName"]).partition(".")[0]
        label: str | None = named(host)
        return label

    edge.live_function_code = with_store
    server._parse_cloudfront_dataplane_host = by_alias  # noqa: SLF001 - the same
    schedules._SCHEDULE_TICK_INTERVAL = 1  # noqa: SLF001 - the same
