"""Cold start: from spawn to asking for work, and to the first answer.

The bundle and a function that only imports boto3 and makes an S3 client start in turn,
under Lambda's own client (`tests.edgefeed.runtime_api`), on this machine. What counts is the
ratio of the medians: it says what edgefeed adds to what any function on S3 pays.

The bundle holds no bytecode, as on Lambda, and compiles what it imports each time; boto3
comes with its bytecode, as Lambda's does.
"""

from __future__ import annotations

import io
import statistics
import sys
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import boto3
from moto import mock_aws
from tests.edgefeed.moto_endpoint import MotoEndpoint
from tests.edgefeed.runtime_api import Lambda, lambdas_own
from tests.edgefeed.sample_pages import SITE, THEME

from sula.publishing import bundle, dependencies

ROUNDS = 9
MOST = 2.5
"""What the bundle may take, as a multiple of the plain function's time to ready."""

PLAIN = """\
import os
import boto3

s3 = boto3.client("s3")


def handler(event, context):
    try:
        s3.get_object(Bucket=os.environ["BUCKET"], Key="state/index.jsonl.gz")
    except s3.exceptions.NoSuchKey:
        return {}
"""


def measure(rounds: int = ROUNDS) -> Mapping[str, Mapping[str, float]]:
    """Median seconds: by function (``edgefeed``, ``plain``), by phase (``ready``, ``answer``)."""
    times: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(mock_aws())
        endpoint = stack.enter_context(MotoEndpoint())
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="site")
        environment = {
            "BUCKET": "site", "AWS_ENDPOINT_URL": endpoint.url, "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
        }  # fmt: skip
        runtime = lambdas_own(folder / "runtime")
        tasks = {"edgefeed": unpack(folder / "edgefeed"), "plain": folder / "plain"}
        tasks["plain"].mkdir()
        (tasks["plain"] / "index.py").write_text(PLAIN)
        for number in range(rounds + 1):
            for name, task in tasks.items():
                log = folder / "log"
                with Lambda((task, runtime), "index.handler", environment, log) as function:
                    ready = function.wait_until_ready()
                    answer = function.invoke({"status": True})
                    assert answer.error is None, answer.error
                    if number:  # the first one warms the disk's cache
                        times[name]["ready"].append(ready)
                        times[name]["answer"].append(function.answered_after())
    return {
        name: {phase: statistics.median(taken) for phase, taken in phases.items()}
        for name, phases in times.items()
    }


def unpack(folder: Path) -> Path:
    """The bundle with the libraries that are installed here, unpacked."""
    libraries = dict(dependencies.installed(dependencies.needed()))
    code = bundle.build(SITE, dict(THEME.templates), libraries).code
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        archive.extractall(folder)
    return folder


def ratios(found: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """How many times the plain function's time the bundle takes, by phase."""
    return {phase: found["edgefeed"][phase] / plain for phase, plain in found["plain"].items()}


def main() -> int:
    """Print a table and a summary line; 1 when the target is missed."""
    found = measure()
    compared = ratios(found)
    rows = [("median", "ready", "first answer")]
    for name, phases in found.items():
        rows.append((name, f"{phases['ready'] * 1000:.0f} ms", f"{phases['answer'] * 1000:.0f} ms"))
    rows.append(("ratio", f"{compared['ready']:.2f}", f"{compared['answer']:.2f}"))
    for row in rows:
        sys.stdout.write("{:<12}{:>10}{:>15}\n".format(*row))
    is_met = compared["ready"] <= MOST
    sys.stdout.write(
        f"cold start: {compared['ready']:.2f} times a plain S3 function until ready"
        f" (at most {MOST}: {'met' if is_met else 'MISSED'}),"
        f" {compared['answer']:.2f} until the first answer\n"
    )
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
