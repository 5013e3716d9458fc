"""Play schedules: many, or one again, or one that fails made as short as can be.

`python -m tests.simulation --seeds 2000`, `--seed 17`, `--seed 17 --shrink`; with
`--mutation NoDebt` the protocol is broken on purpose, to see how a failure is told.
"""

# ruff: noqa: T201 - a command prints

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from functools import partial

from tests.simulation.cloud import Violation
from tests.simulation.mutations import MUTATIONS
from tests.simulation.shrink import shrink
from tests.simulation.simulator import plan_of, simulate

from edgefeed.reconcile import Run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    names = {mutation.__name__: mutation for mutation in MUTATIONS}
    parser.add_argument("--seeds", type=int, default=2000, help="how many schedules to play")
    parser.add_argument("--seed", type=int, help="play this one, and print what happened")
    parser.add_argument("--shrink", action="store_true", help="make it short, if it fails")
    parser.add_argument("--mutation", choices=names, help="break the protocol in this way")
    options = parser.parse_args()
    run_class = names.get(options.mutation, Run)
    if options.seed is not None:
        return replay(options.seed, run_class, shorter=options.shrink)
    began, steps = time.perf_counter(), 0
    with multiprocessing.Pool() as pool:
        # In order, whichever is done first: of several that fail, the first seed is told.
        played = pool.imap(partial(play, run_class), range(options.seeds), chunksize=20)
        for seed, (took, broken) in enumerate(played):
            if broken:
                print(f"seed {seed}: {broken}")
                again = f"python -m tests.simulation --seed {seed}"
                print(f"simulate: broken; replay with: {again}, shorten it with: {again} --shrink")
                return 1
            steps += took
            if sys.stderr.isatty() and seed % 100 == 0:
                print(f"\r{seed} of {options.seeds}", end="", file=sys.stderr)
    seconds = time.perf_counter() - began
    print(
        f"simulate: {options.seeds} schedules of {steps} requests held both promises "
        f"in {seconds:.1f} s"
    )
    return 0


def play(run_class: type[Run], seed: int) -> tuple[int, str]:
    """The requests of one schedule, and how it broke a promise, if it did."""
    try:
        return simulate(plan_of(seed), run_class).steps, ""
    except Violation as error:
        return 0, str(error) or "a promise is broken"


def replay(seed: int, run_class: type[Run] = Run, *, shorter: bool = False) -> int:
    try:
        simulation = simulate(plan_of(seed), run_class)
    except Violation as error:
        if shorter:
            print("\n".join(shrink(plan_of(seed), run_class).log))
            return 1
        print("\n".join([*error.__notes__, f"simulate: seed {seed} is broken: {error}"]))
        return 1
    print("\n".join([*simulation.log, f"simulate: seed {seed} holds"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
