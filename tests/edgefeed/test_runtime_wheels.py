"""The bundle as a deploy makes it: from PyPI's wheels for Amazon Linux, for both processors.

`make bundle` fetches the wheels once (so does `make dev`, where there is a network); without
them these tests are skipped and say so. The x86-64 bundle runs, under the function's own
Python where this machine has it; the arm64 one is looked into.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from moto import mock_aws
from tests.edgefeed import wheels
from tests.edgefeed.moto_endpoint import MotoEndpoint
from tests.edgefeed.runtime_api import lambdas_own
from tests.edgefeed.sample_pages import SITE, THEME, key_of, post
from tests.edgefeed.world import ACKNOWLEDGED, World, message

from sula.errors import CloudError
from sula.publishing import bundle, dependencies

# ELF's e_machine, by processor (System V ABI).
MACHINES = {"arm64": 183, "x86_64": 62}
GLIBC = 34  # Amazon Linux 2023 has 2.34


@pytest.fixture(scope="session")
def codes() -> Mapping[str, bytes]:
    """The zip for each processor, out of cached wheels."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in wheels.OFFLINE.items():
            patch.setenv(name, value)
        try:
            for architecture in wheels.ARCHITECTURES:
                libraries = dependencies.files(architecture, wheels.CACHE)
                found[architecture] = bundle.build(SITE, dict(THEME.templates), libraries).code
        except CloudError:
            pytest.skip("the function's wheels are not cached: run `make bundle`, with network")
    return found


def contents(code: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("architecture", wheels.ARCHITECTURES)
def test_every_shared_object_is_for_the_processor_and_its_linux(
    codes: Mapping[str, bytes], architecture: str
) -> None:
    objects = {
        name: body
        for name, body in contents(codes[architecture]).items()
        if body.startswith(b"\x7fELF") or re.search(r"\.so(\.|$)|\.pyd$|\.dll$|\.dylib$", name)
    }
    packages = {name.split("/")[0] for name in objects}
    assert {"lxml", "markupsafe", "msgspec", "nh3"} <= packages
    for name, body in objects.items():
        assert body[:6] == b"\x7fELF\x02\x01", name  # 64 bits, little-endian
        assert int.from_bytes(body[18:20], "little") == MACHINES[architecture], name
        versions = [int(minor) for minor in re.findall(rb"GLIBC_2\.(\d+)", body)]
        assert max(versions) <= GLIBC, name
        # Made for the function's Python, or for any.
        assert re.search(r"cpython-313-|\.abi3\.so$", name), name


def test_the_two_differ_in_shared_objects_only(codes: Mapping[str, bytes]) -> None:
    arm, x86 = (contents(codes[one]) for one in wheels.ARCHITECTURES)

    def plain(files: Mapping[str, bytes]) -> dict[str, bytes]:
        return {name: body for name, body in files.items() if not body.startswith(b"\x7fELF")}

    assert plain(arm) == plain(x86)
    assert {name.replace("aarch64", "x86_64") for name in arm} == set(x86)


@pytest.mark.parametrize("architecture", wheels.ARCHITECTURES)
def test_it_is_small_and_holds_nothing_that_lambda_has(
    codes: Mapping[str, bytes], architecture: str
) -> None:
    found = contents(codes[architecture])
    tops = {name.split("/")[0] for name in found}
    assert not tops & {"boto3", "botocore", "s3transfer", "awslambdaric", "pelican", "sula"}
    assert not [name for name in found if name.endswith(".pyc") or name.startswith("/")]
    # Every licence travels with its package.
    assert len([name for name in found if re.search("licen[cs]e|copying", name, re.IGNORECASE)]) > 5
    # Lambda takes 50 MB zipped and 250 MB unpacked; a cold start reads it all.
    assert len(codes[architecture]) < 10_000_000
    assert sum(map(len, found.values())) < 25_000_000


def test_the_same_wheels_give_the_same_bytes_anywhere(
    codes: Mapping[str, bytes], tmp_path: Path
) -> None:
    code = (
        "import os, sys; os.umask(int(sys.argv[1], 8))\n"
        "from pathlib import Path; from sula.publishing import bundle, dependencies\n"
        "from tests.edgefeed.sample_pages import SITE, THEME\n"
        "files = dependencies.files('arm64', Path(sys.argv[2]))\n"
        "print(bundle.build(SITE, dict(THEME.templates), files).digest)\n"
    )
    digests = set()
    for number, (seed, zone, umask) in enumerate((("1", "UTC", "022"), ("2", "Asia/Tokyo", "077"))):
        cache = tmp_path / f"cache{number}"
        shutil.copytree(wheels.CACHE, cache, copy_function=shutil.copyfile)  # of another age
        environment = {**os.environ, **wheels.OFFLINE, "PYTHONHASHSEED": seed, "TZ": zone}
        done = subprocess.run(
            [sys.executable, "-c", code, umask, str(cache)], cwd=wheels.ROOT, env=environment,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        digests.add(done.stdout.strip())
    assert digests == {hashlib.sha256(codes["arm64"]).hexdigest()}


@pytest.fixture
def functions_python() -> str:
    """An interpreter of the function's own version."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("the x86-64 bundle runs on x86-64 Linux only")
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    installed = sorted(map(str, versions.glob(f"{dependencies.PYTHON}*/bin/python")))
    for name in (sys.executable, f"python{dependencies.PYTHON}", *installed):
        path = shutil.which(name)
        say = "import sys; print('%d.%d' % sys.version_info[:2])"
        if path is not None:
            # A shim of a version manager may be there and lead nowhere.
            done = subprocess.run([path, "-c", say], capture_output=True, text=True, check=False)
            if done.stdout.strip() == dependencies.PYTHON:
                return path
    return pytest.skip(f"no python{dependencies.PYTHON} here to run the bundle with")


@pytest.fixture
def world(
    codes: Mapping[str, bytes],
    functions_python: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    for name, value in wheels.OFFLINE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    try:
        client = wheels.client()
    except CloudError:
        pytest.skip("Lambda's client is not cached: run `make bundle`, with network")
    for place, code in {"task": codes["x86_64"], "client": client.read_bytes()}.items():
        with zipfile.ZipFile(io.BytesIO(code)) as opened:
            opened.extractall(tmp_path / place)
    # The client has a compiled part: this Python's own comes before the environment's.
    path = (tmp_path / "task", tmp_path / "client", lambdas_own(tmp_path / "runtime"))
    with mock_aws(), MotoEndpoint() as endpoint:
        world = World.of(path, "index.handler", endpoint, tmp_path, functions_python)
        with world.function:
            yield world


def test_the_x86_bundle_runs_on_the_functions_python(world: World) -> None:
    names = ("hello", "überblick", "機械")
    for day, name in enumerate(names, 1):
        world.put(key_of(name), post(name, day, f"{name} & <co>", tags=("Birds", "C++")))
    event = {"Records": [message(*map(key_of, names))]}
    assert world.function.invoke(event).value == ACKNOWLEDGED
    assert world.lists() == world.expected("put")
    world.remove(key_of("hello"))
    assert world.function.invoke({"rebuild": True}).value == {"done": True}
    assert world.lists() == world.expected("removed")
