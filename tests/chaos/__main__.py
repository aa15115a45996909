"""What the service promises, under faults and under load: `make chaos` and `make rush`.

Both start servers, workers and data of their own, on PostgreSQL, and leave nothing behind. They
print a table, and end with 1 where the promise broke.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys

import django

from tests import environment  # it says where the data of the service lie


def main() -> int:
    """Do what is asked for; the exit code."""
    options = _options()
    seed = secrets.randbelow(2**31) if options.seed is None else options.seed
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "grader.settings")
    try:
        django.setup()
        kept = _faults(options, seed) if options.what == "faults" else _rush(options, seed)
    finally:
        environment.pytest_unconfigure()
    print("\nThe promise held." if kept else "\nTHE PROMISE BROKE.")
    return 0 if kept else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    what = parser.add_subparsers(dest="what", required=True)
    faults = what.add_parser("faults", help="gradings while parts are killed at random")
    faults.add_argument("--runs", type=int, default=500, help="how many gradings (500)")
    faults.add_argument(
        "--every", type=float, default=15.0, help="seconds between two faults, on average (15)"
    )
    rush = what.add_parser("rush", help="a class uploads within a minute")
    rush.add_argument("--uploads", type=int, default=300, help="how many students (300)")
    rush.add_argument("--within", type=float, default=58.0, help="seconds of the uploads (58)")
    for one in (faults, rush):
        one.add_argument("--seed", type=int, help="repeat the choices of an earlier run")
    return parser.parse_args()


def _faults(options: argparse.Namespace, seed: int) -> bool:
    from tests.chaos.drill import Drill, Plan
    from tests.chaos.ground import ground

    _tell(seed)
    with ground() as (service, homework):
        plan = Plan(options.runs, seed, options.every)
        outcome = Drill(service, homework, plan).run(lambda line: print(line, flush=True))
    print("", *outcome.lines(), sep="\n")
    return outcome.kept


def _rush(options: argparse.Namespace, seed: int) -> bool:
    from tests.chaos.ground import ground
    from tests.chaos.rush import rush

    _tell(seed)
    with ground() as (service, homework):
        outcome = rush(service, homework, options.uploads, options.within, seed)
    print("", *outcome.lines(), *outcome.failed, sep="\n")
    return outcome.kept(options.uploads)


def _tell(seed: int) -> None:
    load = os.getloadavg()[0]
    print(f"seed {seed}; {os.cpu_count()} cores, load {load:.1f} at the beginning; the small")
    print("homework of the tests, in bubblewrap, on PostgreSQL and Redis", flush=True)


if __name__ == "__main__":
    sys.exit(main())
