"""The house rules that a reader of the layout may rely on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EDGEFEED = sorted((ROOT / "lambda/edgefeed").rglob("*.py"))
SULA = sorted((ROOT / "infra/sula").rglob("*.py"))

# What sula may use of edgefeed: the contract, and the entry point that runs it on a laptop.
OPEN_TO_SULA = {"edgefeed.contract", "edgefeed.laptop.directory"}

PURE = (
    "contract", "model", "page", "index", "listing", "units", "cut", "changes", "lists", "feeds",
    "events", "notify", "sitemap",
)  # fmt: skip
IMPURE_MODULES = {
    "os", "sys", "time", "random", "socket", "ssl", "http", "urllib.request", "subprocess",
    "threading", "concurrent", "asyncio", "pathlib", "shutil", "tempfile", "secrets", "uuid",
    "boto3", "botocore", "requests", "logging",
}  # fmt: skip


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, wherever in the file; `from a import b` gives a and a.b."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def reaches(module: str, package: str) -> bool:
    """Whether a module is the package or lies inside it."""
    return module == package or module.startswith(package + ".")


def test_there_are_files_to_check() -> None:
    assert len(EDGEFEED) > 8
    assert len(SULA) > 12


@pytest.mark.parametrize("path", EDGEFEED, ids=lambda p: p.name)
def test_edgefeed_knows_neither_sula_nor_pelican(path: Path) -> None:
    assert not [m for m in imports(path) if reaches(m, "sula") or reaches(m, "pelican")]


@pytest.mark.parametrize("path", SULA, ids=lambda p: p.name)
def test_sula_uses_only_the_contract_and_the_entry_point_of_edgefeed(path: Path) -> None:
    used = {m for m in imports(path) if reaches(m, "edgefeed")} - {"edgefeed"}
    assert not [m for m in used if not any(reaches(m, allowed) for allowed in OPEN_TO_SULA)]


@pytest.mark.parametrize("package", [EDGEFEED, SULA], ids=["edgefeed", "sula"])
def test_boto3_appears_in_one_module(package: list[Path]) -> None:
    users = [p.name for p in package if any(reaches(m, "boto3") for m in imports(p))]
    assert len(users) == 1, users


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_have_no_way_out(name: str) -> None:
    used = set(imports(ROOT / f"lambda/edgefeed/{name}.py"))
    assert not {m for m in used if any(reaches(m, bad) for bad in IMPURE_MODULES)}


PLANNING = sorted((ROOT / "infra/sula/planning").glob("*.py"))


def test_planning_is_pure() -> None:
    assert len(PLANNING) > 8
    for path in PLANNING:
        # A UUID is made of a name there, never by chance.
        used = {m for m in imports(path) if m != "uuid"}
        assert not {m for m in used if any(reaches(m, bad) for bad in IMPURE_MODULES)}, path


@pytest.mark.parametrize("path", [*EDGEFEED, *SULA], ids=lambda p: p.name)
def test_imports_say_where_from(path: Path) -> None:
    assert not [m for m in imports(path) if m.startswith(".")]


def test_no_loose_python_in_the_source_roots() -> None:
    assert not [*(ROOT / "infra").glob("*.py"), *(ROOT / "lambda").glob("*.py")]


def test_nobody_patches() -> None:
    files = sorted((ROOT / "tests").rglob("*.py"))
    assert len(files) > 10
    users = [str(p) for p in files if any(reaches(m, "unittest.mock") for m in imports(p))]
    assert not users


def test_no_group_is_possessive() -> None:
    """Before Python 3.11.5 it may fail to match (CPython's issue 106052): `(?>(?:…)*)` does not."""
    possessive = re.compile(r"\)[*+]\+(?!,)")  # the comma: a list of characters, no expression
    assert possessive.search(r"(?:a|b)*+c")
    assert not [p for p in (*EDGEFEED, *SULA) if possessive.search(p.read_text("utf-8"))]
