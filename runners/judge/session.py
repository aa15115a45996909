"""One run: writes the suite down, runs pytest over it, tells the controller."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import pytest

from runners.judge import fixtures
from runners.judge.errors import GuestEnded
from runners.judge.guests import Guests
from runners.judge.line import Line
from runners.judge.loading import Loader, Loading
from runners.judge.modules import (
    SubmissionFinder,
    answer_for_source,
    forward_seeds,
    settle,
    suite_modules,
)
from runners.judge.plugin import JudgePlugin
from runners.judge.recorder import Recorder
from runners.judge.seeds import Seeds
from runners.judge.strictness import make_approx_strict
from runners.wire.caps import Caps
from runners.wire.errors import ProtocolError

_INI = "[pytest]\npython_files = test_*.py *_test.py\n"


def run(line: Line, caps: Caps, order: dict[str, Any]) -> None:
    """Do what the controller ordered: `suite`, `problems`, `modules`, `provides`, limits, `seed`.

    Tells events: `manifest`, `loaded`, `check` for each check, then `done` or `fault`.
    """
    seeds = Seeds(order["seed"])
    guests = Guests(line, caps, seeds.derive, order["call_seconds"])
    recorder = Recorder(line, guests, seeds)
    folder = tempfile.mkdtemp(prefix="suite-")
    try:
        root = write_suite(folder, order["suite"])
        finder = SubmissionFinder(guests, _names(order), order["provides"])
        sys.meta_path.insert(0, finder)
        make_approx_strict()
        answer_for_source(guests)
        forward_seeds(guests)
        plugin = JudgePlugin(line, recorder, order, lambda: _load(line, guests, order, root))
        run_pytest(root, plugin)
        tell_end(line, plugin, recorder)
    except BaseException:  # noqa: BLE001 - whatever it is, the controller must hear of it
        line.event(event="fault", blame="system", message=traceback.format_exc()[-4_000:])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    line.wait_for_bye()


def _load(line: Line, guests: Guests, order: dict[str, Any], root: str) -> None:
    loader = Loader(line, guests, order["load_seconds"], order["run_seconds"])
    try:
        result = loader.load(order["modules"], order["provides"])
        settle(guests, suite_modules(root))
    except (GuestEnded, ProtocolError) as death:
        result = loader.result
        result.notices.append(f"The submission could not be loaded: {death}.")
        result.broken = max(result.broken, 1)
        result.defined = 0
    line.event(
        event="loaded",
        notices=result.notices,
        rejected=_unusable(result, order["provides"]),
    )


def _unusable(result: Loading, provides: dict[str, str]) -> bool:
    """Nothing at all to grade: something broke, and no wanted name is there."""
    return bool(provides) and not result.defined and result.broken > 0


def _names(order: dict[str, Any]) -> set[str]:
    return {name for module in order["modules"] for name in module["names"]}


def write_suite(folder: str, files: dict[str, bytes]) -> str:
    """Write the suite down, where pytest will find it; gives the folder's real path."""
    root = Path(folder).resolve()
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (root / "sandglass.ini").write_text(_INI)
    # So that a suite can keep its reference and its tables in files beside the checks.
    sys.path += [str(root / "hidden"), str(root / "public")]
    os.chdir(root)
    return str(root)


def run_pytest(root: str, plugin: JudgePlugin) -> None:
    """Run pytest over the suite: no plugin but ours, no assertion rewriting, its own settings."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    with contextlib.suppress(SystemExit):
        pytest.main(
            [
                "-q",
                "-c",
                str(Path(root) / "sandglass.ini"),
                "--rootdir",
                root,
                "--assert=plain",
                "--import-mode=importlib",
                "-p",
                "no:cacheprovider",
                "-p",
                "no:faulthandler",
                "--capture=sys",
                "--tb=short",
                root,
            ],
            plugins=[plugin, fixtures],
        )


def tell_end(line: Line, plugin: JudgePlugin, recorder: Recorder) -> None:
    """Tell the controller how the run ended."""
    if plugin.faults:
        line.event(event="fault", blame="assignment", message="\n".join(plugin.faults)[-4_000:])
    elif plugin.lost:
        line.event(event="fault", blame="guest", message=plugin.lost)
    elif not recorder.checks:
        line.event(event="fault", blame="assignment", message="the suite holds no check")
    else:
        line.event(event="done", leaderboard=recorder.leaderboard)
