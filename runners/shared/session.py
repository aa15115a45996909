"""One classic run: the judge's plugin and the guest's loader in one process."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runners.guest.modules import StudentModule, SubmissionFinder
from runners.judge.line import Line
from runners.judge.loading import describe_report
from runners.judge.plugin import JudgePlugin
from runners.judge.recorder import Recorder
from runners.judge.seeds import Seeds
from runners.judge.session import run_pytest, tell_end, write_suite
from runners.wire.caps import Caps


class SameProcess:
    """Stands where the guests stand in a split run; there is nobody to open or to close."""

    def __init__(self, finder: SubmissionFinder) -> None:
        self._finder = finder
        self.objects = self
        self.failure: BaseException | None = None
        self.label = ""

    def begin_check(self) -> None:
        """Nothing to count."""

    @contextlib.contextmanager
    def level(self, _level: str) -> Iterator[None]:
        """Every scope is this process."""
        yield

    def anew(self, _device: str, _latest: float) -> None:
        """Nothing was forked, so CUDA works as it is."""

    def close_level(self, _level: str) -> tuple[str, None]:
        """Nothing was kept apart."""
        return "", None

    def ask(self, operation: str, extra: tuple[Any, ...] = (), *_values: Any) -> Any:
        """Only the source text can be asked for."""
        if operation != "module_source":
            raise NotImplementedError(operation)
        return self._finder.source(extra[0])


def run(line_in: int, line_out: int, order: dict[str, Any]) -> None:
    """Run the order; tells the same events as a split run."""
    caps = Caps(frame_bytes=order["frame_bytes"])
    line = Line(line_in, line_out, caps)
    modules = [StudentModule(plain) for plain in order["sources"]["modules"]]
    finder = SubmissionFinder(modules, order["load_seconds"])
    recorder = Recorder(line, SameProcess(finder), Seeds(order["seed"]))
    folder = tempfile.mkdtemp(prefix="suite-")
    try:
        root = write_suite(folder, order["suite"])
        for name, data in order["sources"]["files"].items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(data)
        sys.meta_path.insert(0, finder)
        plugin = JudgePlugin(line, recorder, order, lambda: _load(line, finder, modules))
        run_pytest(root, plugin)
        tell_end(line, plugin, recorder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _load(line: Line, finder: SubmissionFinder, modules: list[StudentModule]) -> None:
    # A suite of this kind has imported the submission while it was collected, as on a desk.
    for module in modules:
        __import__(module.names[0])
    notices = [describe_report(report, finder.cell_seconds) for report in finder.reports]
    line.event(event="loaded", notices=notices, rejected=False)
