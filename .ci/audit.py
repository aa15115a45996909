"""Looks every pinned package up in a service that knows of holes: `make audit`.

Exit codes: 0 nothing known, 1 something found, 3 the service could not be asked. A mirror of
packages that knows of no holes answers as if it knew of none; that is counted as not asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
SERVICES = ("pypi", "osv")
"""By the names that pip-audit gives them; the second is asked where the first cannot be."""
CLEAN, FOUND, NOT_ASKED = 0, 1, 3
_SECONDS = 300


def ask(service: str, lock: Path) -> dict[str, Any] | None:
    """What this service says of each package; None where it does not answer."""
    words = ["-m", "pip_audit", "-r", str(lock), "--no-deps", "--disable-pip"]
    words += ["--format", "json", "--progress-spinner", "off", "--timeout", "10", "-s", service]
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            [sys.executable, *words], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        told: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return told


def verdict(told: dict[str, Any] | None) -> tuple[int, list[str]]:
    """What follows from an answer: the exit code, and a line for each thing to know."""
    packages = told["dependencies"] if told else []
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if len(unknown) == len(packages):
        return NOT_ASKED, []
    found = [
        f"{package['name']} {package['version']}: {hole['id']}, mended in "
        f"{', '.join(hole['fix_versions']) or 'no version yet'}"
        for package in packages
        for hole in package.get("vulns", ())
    ]
    told_nothing = [f"{name}: nothing is known of it" for name in unknown]
    return (FOUND if found else CLEAN), [*found, *told_nothing]


def main(lock: Path = LOCK) -> int:
    """Ask one service after the other until one answers."""
    for service in SERVICES:
        code, lines = verdict(ask(service, lock))
        if code != NOT_ASKED:
            print("\n".join([*lines, f"{lock.name} was looked up, service {service}"]))
            return code
    print("NOT AUDITED: no service that knows of holes could be asked from this machine")
    return NOT_ASKED


if __name__ == "__main__":
    sys.exit(main())
