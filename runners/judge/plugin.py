"""The pytest plugin that judges: scopes to processes, exceptions to outcomes, items to checks."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Generator
from types import FrameType
from typing import Any

import pytest

from runners.judge import manifest, messages
from runners.judge.errors import CheckTimeout, GuestLost, SuiteFault
from runners.judge.fixtures import DEVICE, RECORDER
from runners.judge.guests import LEVELS
from runners.judge.line import Line
from runners.judge.raised import remote_details
from runners.judge.recorder import Recorder
from runners.judge.tensors import TensorsDiffer

_OWN_CODE_GRACE = 5.0


class JudgePlugin:
    """One run of one suite. `load` loads the submission; it is called once, after collection."""

    def __init__(
        self,
        line: Line,
        recorder: Recorder,
        settings: dict[str, Any],
        load: Callable[[], None],
    ) -> None:
        self._line = line
        self._recorder = recorder
        self._settings = settings
        self._load = load
        self._run_deadline = float("inf")
        self.faults: list[str] = []
        """What is wrong with the suite; not empty means that nobody is scored."""
        self.lost = ""

    @pytest.hookimpl
    def pytest_configure(self, config: pytest.Config) -> None:
        """Offer marks and fixtures."""
        for mark, meaning in manifest.MARKS.items():
            config.addinivalue_line("markers", f"{mark}: {meaning}")
        config.stash[RECORDER] = self._recorder
        config.stash[DEVICE] = self._settings["device"]

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what went wrong while the suite was collected."""
        if report.failed:
            self.faults.append(f"{report.nodeid}: {report.longreprtext}")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what nobody asked for; all of it is asked for unless checks are named."""
        if only := set(self._settings["only"]):
            items[:] = [item for item in items if manifest.check_id(item) in only]

    @pytest.hookimpl
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Make the manifest, and only then let the submission run."""
        if self.faults:
            return
        try:
            self._recorder.checks = manifest.build(
                session.items, self._settings["problems"], self._settings["check_seconds"]
            )
        except SuiteFault as fault:
            self.faults.append(str(fault))
            session.items.clear()
            return
        checks = [check.plain() for check in self._recorder.checks.values()]
        self._line.event(event="manifest", checks=checks)
        self._run_deadline = time.monotonic() + self._settings["run_seconds"]
        try:
            self._load()
        except GuestLost as lost:
            self.lost = str(lost)
            session.items.clear()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        """Objects of a wider fixture belong into the process of its scope."""
        with self._recorder.guests.level(fixturedef.scope):
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> bool | None:
        """Run one item under its limits."""
        check = self._recorder.checks[manifest.check_id(item)]
        running = self._recorder.begin(check.id)
        self._recorder.guests.label = item.nodeid
        self._recorder.guests.objects.begin_check()
        if self.lost or time.monotonic() > self._run_deadline:
            self._recorder.note("not_run", "the time limit of the whole run was reached before it")
            self._recorder.finish("", None)
            return True
        if self._settings["stop_at_failure"] and self._recorder.failed:
            if running.outcome == "passed":
                self._recorder.note("not_run", "another check had not passed")
            self._recorder.finish("", None)
            return True
        try:
            if check.gpu:
                self._recorder.guests.anew(self._settings["device"], self._run_deadline)
                running.started = time.monotonic()  # loading is not the check's
            self._judge(item, nextitem, min(check.seconds, self._settings["run_seconds"]))
        except GuestLost as lost:
            self.lost = str(lost)
            self._recorder.note("not_run", "the sandbox was lost")
            self._recorder.finish("", None)
        return True

    def _judge(self, item: pytest.Item, nextitem: pytest.Item | None, seconds: float) -> None:
        self._line.deadline = time.monotonic() + seconds
        messages.seed_everything(self._recorder.seed_of_current())
        signal.signal(signal.SIGALRM, _too_long)
        signal.setitimer(signal.ITIMER_REAL, seconds + _OWN_CODE_GRACE)
        try:
            item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
            _run_protocol(item, nextitem)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        output, death = self._recorder.guests.close_level("function")
        for level in LEVELS[:-1]:
            if _leaves(level, item, nextitem):
                wide_output, wide_death = self._recorder.guests.close_level(level)
                output, death = wide_output + output, death or wide_death
        self._recorder.finish(output, death)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note how a phase ended."""
        report = yield
        if call.excinfo is not None:
            error = call.excinfo.value
            if isinstance(error, GuestLost):
                self.lost = str(error)
            if isinstance(error, pytest.FixtureLookupError):
                self.faults.append(f"{report.nodeid}: {report.longreprtext}")
            outcome, message = messages.judge(error)
            miss = error.tolerances if isinstance(error, TensorsDiffer) else math.inf
            raised = remote_details(error) is not None
            self._recorder.note(outcome, message, report.longreprtext, miss=miss, raised=raised)
        return report


def _run_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    from _pytest.runner import runtestprotocol  # noqa: PLC0415 - pytest offers no public name

    runtestprotocol(item, log=False, nextitem=nextitem)


def _leaves(level: str, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Whether pytest has torn down this scope's fixtures after `item`."""
    if nextitem is None:
        return True
    kinds: dict[str, type[pytest.Item | pytest.Collector]] = {
        "module": pytest.Module,
        "class": pytest.Class,
        "package": pytest.Package,
    }
    kind = kinds.get(level)
    if kind is None:
        return False
    return item.getparent(kind) is not nextitem.getparent(kind)


def _too_long(_number: int, _frame: FrameType | None) -> None:
    raise CheckTimeout("the check ran too long")
