"""Grades one submission: a warm judge, a fresh guest, and the relay between them."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from runners import classic, receipt
from runners.contract import (
    Gpu,
    Isolation,
    Resources,
    RunReport,
    RunRequest,
    Verdict,
    WithoutGpu,
)
from runners.gpus import Gpus
from runners.judgement import Judgement
from runners.orders import order, submission
from runners.pool import (
    REMOVED_AFTER,
    START_SECONDS,
    Guest,
    GuestPool,
    Kind,
    PoolUse,
    image_of,
    spec_of,
    start_guest,
)
from runners.relay import GuestLine, JudgeLine
from runners.sandboxes.base import Ending, Role, Sandbox, SandboxError, SandboxGone
from runners.unrun import needs_a_run, report_without_a_run
from runners.wire import frames
from runners.wire.encode import encode

_GRACE_SECONDS = 60.0
_JOIN_SECONDS = 10.0
_JUDGE_SECONDS = 3_600.0

CUDA = "cuda"
"""The device of checks marked `gpu`, as torch names it, in a run that has a GPU."""

OnEvent = Callable[[dict[str, Any]], None]


class Grader:
    """Grades submissions one after another; a context manager.

    The judge stays warm and forks for each run; every run gets a guest of its own. With
    `ahead`, so many guests are started before there is a submission for them.
    """

    def __init__(self, sandbox: Sandbox, *, ahead: int = 0, gpus: Gpus | None = None) -> None:
        self._sandbox = sandbox
        self._gpus = gpus or Gpus()
        self._ahead = int(ahead)
        self._judge: JudgeLine | None = None
        self._judge_until = 0.0
        self._judge_facts: dict[str, str] = {}
        self._pool = GuestPool(lambda kind: start_guest(sandbox, kind), self._ahead)
        self._used: tuple[Kind, Guest] | None = None
        """A guest that was emptied of a submission of our own; no student's may have it."""
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._starter = ThreadPoolExecutor(max_workers=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the judge and whatever was started ahead."""
        self._leave_what_was_inherited()
        self._drop_used()
        self._pool.close()
        self._drop_judge()
        self._starter.shutdown()

    def prepare(self, request: RunRequest) -> None:
        """Warm the judge and a guest for a request like this one; waits until both are ready.

        Raises `SandboxError`.
        """
        self._leave_what_was_inherited()
        _, guest = self._start(request, (), self._sandbox.describe())
        self._pool.put((request.limits, request.preload), guest)

    def pool_use(self) -> PoolUse:
        """How the guests that wait are used; who was served is told once."""
        return self._pool.use()

    def check(self) -> None:
        """Raises `SandboxError` while no sandbox can be started, as when the engine is away."""
        try:
            self._sandbox.describe()
        except SandboxError:
            raise
        except Exception as error:  # whatever the engine's client raises
            raise SandboxError(f"The sandbox does not answer: {error}") from error

    def _leave_what_was_inherited(self) -> None:
        """After a fork: judge and guests are the parent's, and no thread came along."""
        if self._pid != os.getpid():
            self._judge, self._used = None, None
            self._begin()

    def grade(self, request: RunRequest, on_event: OnEvent = lambda _event: None) -> RunReport:
        """Run the suite over the submission. Never raises for what a submission or suite does.

        A host that cannot run sandboxes gives the verdict `system_fault`.
        """
        if not needs_a_run(request):
            return report_without_a_run(request)
        needed = request.without_gpu is WithoutGpu.WAIT
        self._leave_what_was_inherited()
        try:
            on_event({"event": "starting"})
            # Held until the guest has ended: no other submission gets its GPU before.
            with self._gpus.lease(request.gpus, needed=needed) as gpus:
                if request.isolation is Isolation.SHARED:
                    return classic.grade(self._sandbox, request, on_event, gpus)
                return self._grade(request, on_event, gpus)
        except SandboxError as error:
            return RunReport(verdict=Verdict.SYSTEM_FAULT, staff_detail=str(error))

    def _grade(self, request: RunRequest, on_event: OnEvent, gpus: tuple[Gpu, ...]) -> RunReport:
        began = time.monotonic()
        described = self._sandbox.describe(gpu=bool(gpus))
        judge, guest = self._start(request, gpus, described)
        used = {"judge_image": image_of(judge.process), "guest_image": image_of(guest.process)}
        described |= {name: image for name, image in used.items() if image}
        started = time.monotonic()
        judgement = Judgement(
            CUDA if gpus else "cpu",
            said=request.submission.notices,
            judged=request.judged,
            mistakes=request.suite.mistakes,
        )
        try:
            with self._sandbox.watch() as pulse:
                ending = self._run(judge, guest, request, judgement, on_event)
            judgement.doubt(pulse.silent_seconds)
        except SandboxError as error:
            judgement.fault = ("system", str(error))
            ending = guest.process.kill()
            self._drop_judge()
        except BaseException:  # a caller's interrupt: leave nothing behind
            guest.process.kill()
            self._drop_judge()
            raise
        report = judgement.report()
        report = dataclasses.replace(
            report, resources=_resources(began, started, judgement, ending)
        )
        facts = {"judge": self._judge_facts, "guest": guest.facts}
        return dataclasses.replace(
            report, receipt=receipt.make(request, report, described, facts, gpus)
        )

    def _start(
        self, request: RunRequest, gpus: tuple[Gpu, ...], described: dict[str, str]
    ) -> tuple[JudgeLine, Guest]:
        kind = (request.limits, request.preload)
        if gpus:  # never ahead: a guest that waits would keep a GPU from the others
            guest = self._starter.submit(start_guest, self._sandbox, kind, gpus)
        else:
            guest = self._take_guest(kind, described.get("guest_image", ""), own=request.own)
        try:
            return self._warm_judge(request, described.get("judge_image", "")), guest.result()
        except SandboxError:
            with contextlib.suppress(SandboxError):
                guest.result().process.kill()
            raise

    def _warm_judge(self, request: RunRequest, image: str) -> JudgeLine:
        """The judge, if it lives and is of the image in force; else another one."""
        waits = self._judge is not None and not self._judge.has_ended
        fits = self._judge is not None and image_of(self._judge.process) in ("", image)
        if not (waits and fits) or time.monotonic() > self._judge_until:
            self._drop_judge()
        if self._judge is None:
            process = self._sandbox.start(spec_of(Role.JUDGE, request.limits, REMOVED_AFTER))
            self._judge_until = time.monotonic() + _JUDGE_SECONDS
            self._judge = JudgeLine(process)
            event = self._judge.next_event(time.monotonic() + START_SECONDS)
            if event is None or event["event"] != "ready":
                detail = process.kill().stderr
                self._judge = None
                raise SandboxError(f"the judge did not start: {detail[-2_000:]}")
            self._judge_facts = event["facts"]
        return self._judge

    def _take_guest(self, kind: Kind, image: str, *, own: bool) -> Future[Guest]:
        if own and self._used is not None and self._used[0] == kind:
            ready: Future[Guest] = Future()
            ready.set_result(self._used[1])
            self._used = None
            return ready
        self._drop_used()
        return self._pool.take(kind, image)

    def _drop_used(self) -> None:
        if self._used is not None:
            self._used[1].process.kill()
            self._used = None

    def _run(
        self,
        judge: JudgeLine,
        guest: Guest,
        request: RunRequest,
        judgement: Judgement,
        on_event: OnEvent,
    ) -> Ending:
        limits = request.limits
        judge.guest = guest.process
        line = GuestLine(guest.process, judge, limits.frame_bytes)
        gone = threading.Event()
        guest.process.send(frames.pack(frames.SUPERVISOR, encode(submission(request))))
        line.start(gone.set)
        judge.order(encode(order(request, judgement.device)))
        if self._ahead and judgement.device == "cpu" and not request.own:
            kind = (limits, request.preload)
            self._pool.refill(kind)
        allowed = limits.run_seconds + limits.load_seconds * _cells(request) + _GRACE_SECONDS
        judge_well = judge.follow(judgement, on_event, time.monotonic() + allowed)
        judge_well = judge_well and not line.has_died  # it would wait for the guest's answers yet
        lost_by_itself = gone.is_set()
        judge.guest = None
        well = judge_well and judgement.fault is None and not lost_by_itself
        if request.own and well and judgement.device == "cpu" and _emptied(guest, line):
            self._used = ((limits, request.preload), guest)
            ending = Ending()
        else:
            ending = guest.process.kill()
        if judgement.fault is not None and judgement.fault[0] == "guest" and lost_by_itself:
            if ending.out_of_memory:
                judgement.fault = ("memory", "the whole sandbox ran out of memory")
            else:
                detail = f"{judgement.fault[1]}; {ending}"
                judgement.fault = ("guest", detail)
        if not (judge_well and line.join(_JOIN_SECONDS) and self._dismiss(judge)):
            self._drop_judge()
        return ending

    @staticmethod
    def _dismiss(judge: JudgeLine) -> bool:
        """Let the judge's fork end; tells whether the judge is good for another run."""
        judge.order(encode("bye"))
        event = judge.next_event(time.monotonic() + _GRACE_SECONDS)
        return event is not None and event["event"] == "finished" and event["status"] == 0

    def _drop_judge(self) -> None:
        if self._judge is not None:
            self._judge.process.kill()
            self._judge = None


def _emptied(guest: Guest, line: GuestLine) -> bool:
    """Have a guest forget what it ran; tells whether it is good for another run."""
    try:
        guest.process.send(frames.pack(frames.SUPERVISOR, encode(("reset",))))
    except SandboxGone:
        return False
    return line.join(_JOIN_SECONDS) and line.was_emptied


def _cells(request: RunRequest) -> int:
    return sum(len(module.cells) for module in request.submission.modules)


def _resources(began: float, started: float, judgement: Judgement, ending: Ending) -> Resources:
    moments = judgement.moments
    marks = [("start", started)]
    marks += [(name, moments[name]) for name in ("manifest", "loaded", "done") if name in moments]
    phases, before = {}, began
    for name, moment in marks:
        phases[{"manifest": "collect", "loaded": "load", "done": "checks"}.get(name, name)] = (
            moment - before
        )
        before = moment
    return Resources(
        wall_seconds=time.monotonic() - began,
        phases=phases,
        guest_cpu_seconds=ending.cpu_seconds,
        guest_peak_bytes=ending.peak_bytes,
    )
