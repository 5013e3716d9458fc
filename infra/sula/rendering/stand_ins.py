"""Modules that are not loaded because nothing of them is ever used: stand-ins while importing.

Pelican imports docutils (for reStructuredText), rich (for its log), a writer of feeds, a watcher
of files and more, however little of it a run needs: two thirds of its import, and most of what
rendering one edited post takes. A stand-in can be subclassed, called and asked for any name,
which is all that happens to these while Pelican is imported; nothing of Sula's calls what is made
of them (`pelican_parts` replaces the log, the readers and the writer).

Stand-ins are gone from `sys.modules` again when the import is done, so whoever wants the real
ones gets them.
"""

from __future__ import annotations

import importlib.machinery
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Self


class _AnyName(type):
    """The type of `Nothing`: a class of which every name is known."""

    def __getattr__(cls, name: str) -> type[Nothing]:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing


class Nothing(metaclass=_AnyName):
    """What every name in a stand-in is: may be subclassed, called, entered; does nothing."""

    def __init__(self, *_: object, **__: object) -> None:
        """Take whatever the real one takes."""

    def __call__(self, *_: object, **__: object) -> Nothing:
        """Give nothing back."""
        return self

    def __getattr__(self, name: str) -> Nothing:
        """Every name is known, but for Python's own."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __enter__(self) -> Self:
        """Begin nothing."""
        return self

    def __exit__(self, *_: object) -> None:
        """End nothing."""


class _StandIn(ModuleType):
    """A module of which every name is known."""

    def __getattr__(self, name: str) -> type[Nothing]:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing


class _Finder:
    """Finds a stand-in for some modules and all that is in them."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)
        self._inside = tuple(f"{name}." for name in names)

    def knows(self, name: str) -> bool:
        """Whether a module has a stand-in."""
        return name in self._names or name.startswith(self._inside)

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        del path, target
        if not self.knows(name):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type] # a loader by its methods

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """See `importlib.abc.Loader`."""
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """See `importlib.abc.Loader`: there is nothing to execute."""


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Import in the body as if these modules were there, unless they are loaded already."""
    wanted = [name for name in names if name not in sys.modules]
    finder: Any = _Finder(wanted)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in list(sys.modules):
            if finder.knows(name):
                del sys.modules[name]
