"""Who may know what: kept by the real tree, and broken by each import that must not be."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.tree import ROOMS, ROOT, modules, read

# File, import, and what the report must say. Each breaks a different line of the contracts.
PLANTED = [
    ("assignments/planted.py", "import torch", "assignments.planted -> torch"),
    ("assignments/planted.py", "import runners", "assignments.planted -> runners"),
    ("assignments/planted.py", "import grader", "assignments.planted -> grader"),
    ("assignments/__main__.py", "import django", "assignments.__main__ -> django"),
    ("assignments/handout_conftest.py", "import assignments", "handout_conftest -> assignments"),
    ("runners/planted.py", "import django.db", "runners.planted -> django"),
    ("runners/planted.py", "import celery", "runners.planted -> celery"),
    ("runners/planted.py", "import torch", "runners.planted -> torch"),
    ("runners/planted.py", "import assignments", "runners.planted -> assignments"),
    ("runners/planted.py", "import runners.judge", "runners.planted -> runners.judge"),
    ("runners/planted.py", "import runners.guest", "runners.planted -> runners.guest"),
    ("runners/planted.py", "import runners.requests", "runners.planted -> runners.requests"),
    ("runners/__main__.py", "import django", "runners.__main__ -> django"),
    ("runners/requests.py", "import grader", "runners.requests -> grader"),
    ("runners/contract.py", "import runners.wire", "runners.contract -> runners.wire"),
    ("runners/sandboxes/planted.py", "import torch", "runners.sandboxes.planted -> torch"),
    ("runners/sandboxes/planted.py", "import runners.wire", "planted -> runners.wire"),
    ("runners/images/planted.py", "import runners.judge", "images.planted -> runners.judge"),
    ("runners/wire/planted.py", "import runners.contract", "planted -> runners.contract"),
    ("runners/wire/planted.py", "import docker", "runners.wire.planted -> docker"),
    ("runners/judge/planted.py", "import runners.guest", "planted -> runners.guest"),
    ("runners/judge/planted.py", "import runners.contract", "judge.planted -> runners.contract"),
    ("runners/judge/planted.py", "import assignments", "runners.judge.planted -> assignments"),
    ("runners/guest/planted.py", "import runners.judge", "guest.planted -> runners.judge"),
    ("runners/guest/planted.py", "import pytest", "runners.guest.planted -> pytest"),
    ("runners/guest/planted.py", "import runners.shared", "guest.planted -> runners.shared"),
    ("runners/judge/planted.py", "import runners.shared", "judge.planted -> runners.shared"),
    ("runners/shared/planted.py", "import runners.contract", "planted -> runners.contract"),
    ("grader/planted.py", "import runners", "grader.planted -> runners"),
    ("grader/planted.py", "import web", "grader.planted -> web"),
    ("web/planted.py", "import runners", "web.planted -> runners"),
    ("web/planted.py", "import assignments", "web.planted -> assignments"),
]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter as `make lint` does, in `folder`."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a copy of the tree with every forbidden import planted in it."""
    copy = tmp_path_factory.mktemp("planted")
    for name in [*modules(*ROOMS), "tests/architecture/may_know.py", "pyproject.toml"]:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(read(name), encoding="utf-8")
    for name, line, _ in PLANTED:
        with (copy / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    return lint_imports(copy).stdout


def test_the_real_tree_keeps_its_contracts() -> None:
    """Not one room knows more than it may."""
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("name", "line", "expected"), PLANTED)
def test_a_planted_import_is_reported(report: str, name: str, line: str, expected: str) -> None:
    """Each forbidden road is seen by the contract that forbids it."""
    assert f"{expected} (l." in report, f"{line} in {name} went unseen"


def contracts() -> list[dict[str, Any]]:
    """The contracts of pyproject.toml."""
    found: list[dict[str, Any]] = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"][
        "contracts"
    ]
    return found


def test_no_module_is_without_a_contract() -> None:
    """Every room has one, and what one leaves out another takes up."""
    covered = {module for contract in contracts() for module in contract["modules"]}
    left_out = {module for contract in contracts() for module in contract.get("apart_from", [])}
    assert covered == {*ROOMS, *left_out}
