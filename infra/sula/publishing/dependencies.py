"""What travels with edgefeed: its dependencies, for the processor that will run it.

The versions are the installed ones, because what the function runs on should be what the
tests ran on; `make env` installs what the lock names. A package of plain Python is taken
from the environment as it is (some are published only as source); one with compiled parts
is downloaded as a wheel for Amazon Linux, its hash checked against the lock.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from sula.errors import CloudError
from sula.shipped import shipped

PYTHON = "3.13"
"""The function's Python, as infra/template.yaml names it."""

REQUIREMENTS = ("beautifulsoup4", "feedgen", "jinja2", "lxml", "msgspec", "nh3")
"""What edgefeed imports and Lambda's runtime has not; boto3 it has."""

_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
# Amazon Linux 2023, on which python3.13 runs, has glibc 2.34.
_PLATFORMS = ("manylinux2014", *(f"manylinux_2_{minor}" for minor in (17, 24, 26, 27, 28, 34)))
# Bytecode and tests are weight; of a package's metadata only its licence has to travel.
_UNWANTED = re.compile(
    r"(^|/)(__pycache__|tests?)/|\.py[co]$|^\.\.|"
    r"\.dist-info/(?!.*(licen[cs]e|copying|notice|authors))",
    re.IGNORECASE,
)
_DATA = re.compile(r"^[^/]+\.data/(purelib|platlib)/")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def needed(names: Iterable[str] = REQUIREMENTS) -> tuple[metadata.Distribution, ...]:
    """These distributions and all that they need in turn, as installed, sorted by name."""
    found: dict[str, metadata.Distribution] = {}
    wanted = [(name, False) for name in names]
    while wanted:
        name, conditional = wanted.pop()
        name = _normal(name)
        if name in found:
            continue
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError as error:
            if conditional:
                continue  # for another Python or system; the installer decided so
            raise CloudError(
                f"{name}, which the function needs, is not installed; run `make env`"
            ) from error
        for line in found[name].requires or ():
            requirement, _, marker = line.partition(";")
            called = _NAME.match(requirement.strip())
            if called and "extra" not in marker:
                wanted.append((called[0], bool(marker)))
    return tuple(found[name] for name in sorted(found))


def pin(distribution: metadata.Distribution) -> str:
    """``name==version``."""
    return f"{_normal(distribution.name)}=={distribution.version}"


def pins() -> tuple[str, ...]:
    """Every dependency of edgefeed with its version: it belongs to the code's fingerprint."""
    return tuple(pin(distribution) for distribution in needed())


def _normal(name: str) -> str:
    """A distribution's name as indexes compare it (PyPA, "Names and normalization")."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_pure(distribution: metadata.Distribution) -> bool:
    return "Root-Is-Purelib: true" in (distribution.read_text("WHEEL") or "")


def files(architecture: str, cache: Path, lock: Path | None = None) -> dict[str, bytes]:
    """Every file of edgefeed's dependencies for a processor (``arm64``, ``x86_64``).

    ``cache`` keeps downloaded wheels; ``lock`` is a pip lock file with hashes (sula's own
    when not said). Raises `CloudError` where a wheel cannot be had, with pip's own words.
    """
    everything = needed()
    found = dict(installed(d for d in everything if _is_pure(d)))
    compiled = tuple(pin(d) for d in everything if not _is_pure(d))
    for wheel in wheels(compiled, architecture, cache, lock or shipped("requirements/run.lock")):
        for name, body in _unpacked(wheel):
            if found.setdefault(name, body) != body:
                raise CloudError(f"{wheel.name} and another package both bring {name}")
    return found


def installed(distributions: Iterable[metadata.Distribution]) -> Iterator[tuple[str, bytes]]:
    """The files of distributions as they are in this environment."""
    for distribution in distributions:
        for path in distribution.files or ():
            name = path.as_posix()
            if not _UNWANTED.search(name):
                yield name, Path(str(path.locate())).read_bytes()


def _unpacked(wheel: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            place = _DATA.sub("", name)
            if not name.endswith("/") and ".data/" not in place and not _UNWANTED.search(place):
                yield place, archive.read(name)


def hashed(pinned: Iterable[str], lock: Path) -> tuple[str, ...]:
    """Each pin with the lock's hashes; `CloudError` when the lock does not know one."""
    known: dict[str, str] = {}
    for line in lock.read_text("utf-8").replace("\\\n", " ").splitlines():
        requirement, *hashes = line.split(" --hash=")
        if hashes:
            called = requirement.partition(";")[0].strip()
            known[called] = " ".join([called, *(f"--hash={value.strip()}" for value in hashes)])
    missing = [one for one in pinned if one not in known]
    if missing:
        raise CloudError(
            f"{', '.join(missing)} is installed, which is not what {lock.name} names;"
            " run `make env`"
        )
    return tuple(known[one] for one in pinned)


def wheels(pinned: tuple[str, ...], architecture: str, cache: Path, lock: Path) -> tuple[Path, ...]:
    """Wheels of these pins for a processor, downloaded once by pip and kept in ``cache``."""
    lines = hashed(pinned, lock)
    machine = _MACHINES[architecture]
    question = "\n".join([PYTHON, machine, *_PLATFORMS, *lines]) + "\n"
    place = cache / f"{architecture}-{hashlib.sha256(question.encode()).hexdigest()[:16]}"
    complete = place / "complete"
    if not complete.exists():
        place.mkdir(parents=True, exist_ok=True)
        wanted = place / "requirements.txt"
        wanted.write_text("\n".join(lines) + "\n", "utf-8")
        _download(wanted, place, machine)
        complete.touch()
    return tuple(sorted(place.glob("*.whl")))


def _download(wanted: Path, place: Path, machine: str) -> None:
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
        "--no-deps", "--only-binary=:all:", "--implementation=cp", f"--python-version={PYTHON}",
        *(f"--platform={platform}_{machine}" for platform in _PLATFORMS),
        "--require-hashes",
        f"--dest={place}", f"--requirement={wanted}",
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if done.returncode:
        raise CloudError(
            "the function's dependencies could not be downloaded (this needs the network once):\n"
            f"{done.stderr.strip()}"
        )
