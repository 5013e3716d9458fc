"""What Sula ships beside its code: the theme, the template of the cloud, the lock of the bundle."""

from __future__ import annotations

from pathlib import Path


def shipped(name: str) -> Path:
    """A file or folder by its path in the repository (``infra/template.yaml``).

    In a wheel it lies with the package's data, in a checkout where it is.
    """
    package = Path(__file__).parent
    inside = package / "data" / name
    return inside if inside.exists() else package.parents[1] / name
