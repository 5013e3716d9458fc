"""`python -m tests.simulation --seeds N [--seed K]`: many schedules, or one again."""

# ruff: noqa: T201 - a command prints

from __future__ import annotations

import argparse
import sys
import time

from tests.simulation.cloud import Violation
from tests.simulation.simulator import plan_of, simulate


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000, help="how many schedules to play")
    parser.add_argument("--seed", type=int, help="play this one, and print what happened")
    options = parser.parse_args()
    if options.seed is not None:
        return replay(options.seed)
    began, steps = time.perf_counter(), 0
    for seed in range(options.seeds):
        try:
            steps += simulate(plan_of(seed)).steps
        except Violation as error:
            print(f"seed {seed}: {error}")
            print(f"simulate: broken; replay with: python -m tests.simulation --seed {seed}")
            return 1
        if sys.stderr.isatty() and seed % 100 == 0:
            print(f"\r{seed} of {options.seeds}", end="", file=sys.stderr)
    seconds = time.perf_counter() - began
    print(
        f"simulate: {options.seeds} schedules of {steps} requests held both promises "
        f"in {seconds:.1f} s"
    )
    return 0


def replay(seed: int) -> int:
    try:
        simulation = simulate(plan_of(seed))
    except Violation as error:
        print("\n".join([*error.__notes__, f"simulate: seed {seed} is broken: {error}"]))
        return 1
    print("\n".join([*simulation.log, f"simulate: seed {seed} holds"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
