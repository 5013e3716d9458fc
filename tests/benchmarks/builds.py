"""What a clean full build takes, phase by phase: ``make bench-build POSTS=1000``.

    python -m tests.benchmarks.builds [--posts 1000] [--profile prepare|render]

For each phase the processors' time for each post, over all processes, the seconds on the wall,
and the peak of memory (proportional set sizes, as `peers.measure` has them). The corpus
is that of the comparison with peers. ``--profile`` runs one phase in one process and prints
where its time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.benchmarks.peers import corpus
from tests.benchmarks.peers.measure import Peak
from tests.benchmarks.peers.peer import SETTINGS

from edgefeed.contract import PAGES
from sula.content.gather import Checkout, Prepared, look, prepare, read_metas
from sula.planning.record import Record
from sula.publishing.build import Marker, identities, load_ahead, make_lists, merge, noting
from sula.rendering.workshop import Workshop


def cpu() -> float:
    """Seconds of processors' time of this process and of its children that have ended."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


@contextmanager
def phase(name: str, posts: int) -> Iterator[None]:
    """One line of the table."""
    began, used = time.perf_counter(), cpu()
    yield
    took, used = time.perf_counter() - began, cpu() - used
    sys.stdout.write(f"{name:10} {used * 1000 / posts:8.2f} ms of CPU a post {took:8.2f} s\n")
    sys.stdout.flush()


def watched(posts: int) -> int:
    """Build in another process and add to each of its lines what it held at most until then.

    A process that looks at itself has a thread more than usual, and builds in another way.
    """
    command = [sys.executable, "-m", "tests.benchmarks.builds", "--here", "--posts", str(posts)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while True:
            with Peak(process.pid) as peak:
                line = process.stdout.readline() if process.stdout else ""
            if not line:
                return process.wait()
            sys.stdout.write(f"{line.rstrip()} {peak.bytes / 1e6:6.0f} MB\n")
            sys.stdout.flush()


def build(site: Path, posts: int) -> None:
    """The steps of `sula.publishing.build.build`, each timed."""
    stage, out = site / "stage", site / "public"
    stage.mkdir()
    with phase("prepare", posts):
        checkout, prepared = _prepare(site)
    with phase("render", posts), Workshop(checkout, noting(stage), stage / PAGES) as workshop:
        workshop.render(prepared.plan)
    pages = [PAGES + job.output for job in prepared.plan.jobs]
    with phase("lists", posts):
        make_lists(checkout, stage, pages)
    with phase("merge", posts):
        merge(stage, pages, out, Marker(), identities(checkout, prepared.plan))


def _prepare(site: Path) -> tuple[Checkout, Prepared]:
    checkout = look(site, since=time.time())
    read = partial(read_metas, meanwhile=load_ahead)
    return checkout, prepare(checkout, Record(), now=time.time(), read=read)


def profile(site: Path, what: str) -> None:
    """Where the time of a phase goes, in one process."""
    os.cpu_count = lambda: 1
    profiler = cProfile.Profile(time.process_time)
    if what == "prepare":
        profiler.runcall(_prepare, site)
    else:
        checkout, prepared = _prepare(site)
        with Workshop(checkout) as workshop:
            profiler.runcall(workshop.render, prepared.plan)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(40)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--posts", type=int, default=1_000)
    parser.add_argument("--profile", choices=("prepare", "render"))
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.here and not options.profile:
        sys.exit(watched(options.posts))
    site = Path(tempfile.mkdtemp(prefix="bench-build-"))
    try:
        (site / "pelicanconf.py").write_text(SETTINGS, "utf-8")
        corpus.write(site / "content/posts", options.posts)
        if options.profile:
            profile(site, options.profile)
        else:
            build(site, options.posts)
    finally:
        shutil.rmtree(site)


if __name__ == "__main__":
    main()
