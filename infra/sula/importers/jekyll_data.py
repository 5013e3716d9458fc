"""A Jekyll site's ``_data``: small tables that its templates ask for."""

from __future__ import annotations

from typing import Any

from sula.importers.front import load_data
from sula.importers.tree import Tree


def read_data(tree: Tree) -> dict[str, Any]:
    """Each table by its name. What cannot be read is left out."""
    data: dict[str, Any] = {}
    for path in tree.walk("_data") if (tree.root / "_data").is_dir() else ():
        name = path.removeprefix("_data/")
        if "/" in name or not name.endswith((".yml", ".yaml", ".json")):
            continue
        source = tree.read(path)[0]
        try:
            value = load_data(name, source)
        except ValueError:
            continue
        # A list at the top, as menus are, comes back empty: read as the value of a key.
        data[name.rpartition(".")[0]] = value or _sequence(name, source)
    return data


def _sequence(name: str, source: str) -> Any:  # noqa: ANN401 - whatever the file holds
    if not name.endswith((".yml", ".yaml")):
        return None
    indented = "\n".join("  " + line for line in source.split("\n") if not line.startswith("---"))
    try:
        return load_data(name, f"all:\n{indented}\n").get("all")
    except ValueError:
        return None
