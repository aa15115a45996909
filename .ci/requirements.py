"""Prints what pyproject.toml asks for, one requirement a line: all groups, or those named.

The project itself is not installed: it runs from its own folder, and a sandbox that shows
site-packages to student code must not show the project with it.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def requirements(names: list[str]) -> list[str]:
    """The base requirements and those of the groups `names`; of every group when it is empty."""
    project = tomllib.loads(PYPROJECT.read_text())["project"]
    groups: dict[str, list[str]] = project["optional-dependencies"]
    chosen = names or list(groups)
    return [*project["dependencies"], *(line for name in chosen for line in groups[name])]


if __name__ == "__main__":
    print("\n".join(requirements(sys.argv[1:])))
