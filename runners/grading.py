"""Grades one submission: a warm judge, a fresh guest, and the relay between them."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from runners import classic, receipt
from runners.contract import (
    Gpu,
    Isolation,
    Limits,
    Resources,
    RunReport,
    RunRequest,
    Verdict,
    WithoutGpu,
)
from runners.gpus import Gpus
from runners.judgement import Judgement
from runners.orders import order, submission
from runners.relay import GuestLine, JudgeLine
from runners.sandboxes.base import (
    Ending,
    ProcessSpec,
    Role,
    Sandbox,
    SandboxError,
    SandboxGone,
    SandboxProcess,
)
from runners.unrun import needs_a_run, report_without_a_run
from runners.wire import frames
from runners.wire.decode import decode
from runners.wire.encode import encode
from runners.wire.errors import ChannelClosed, ProtocolError

_START_SECONDS = 120.0
_GRACE_SECONDS = 60.0
_JOIN_SECONDS = 10.0
_JUDGE_SECONDS = 3_600.0
_GUEST_SECONDS = 1_800.0
_REMOVED_AFTER = 6 * 3_600.0
_FACTS_BYTES = 64 * 1024

CUDA = "cuda"
"""The device of checks marked `gpu`, as torch names it, in a run that has a GPU."""

_Kind = tuple[Limits, tuple[str, ...]]
"""What a guest that is started ahead must fit: its limits, and what it has imported."""

OnEvent = Callable[[dict[str, Any]], None]


class Grader:
    """Grades submissions one after another; a context manager.

    The judge stays warm and forks for each run; every run gets a guest of its own. With
    `ahead=True` the next guest is started while the present one works.
    """

    def __init__(self, sandbox: Sandbox, *, ahead: bool = False, gpus: Gpus | None = None) -> None:
        self._sandbox = sandbox
        self._gpus = gpus or Gpus()
        self._ahead = ahead
        self._judge: JudgeLine | None = None
        self._judge_until = 0.0
        self._judge_facts: dict[str, str] = {}
        self._starter = ThreadPoolExecutor(max_workers=2)
        self._next: tuple[_Kind, Future[Guest]] | None = None
        self._next_until = 0.0
        self._next_is_used = False
        """Whether it has served a submission of our own; no student's may have it then."""

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
        if self._next is not None:
            with contextlib.suppress(SandboxError):
                self._next[1].result().process.kill()
            self._next = None
        self._drop_judge()
        self._starter.shutdown()

    def prepare(self, request: RunRequest) -> None:
        """Warm the judge and a guest for a request like this one; waits until both are ready.

        Raises `SandboxError`.
        """
        _, guest = self._start(request, ())
        kind = (request.limits, request.preload)
        self._set_ahead(kind, self._starter.submit(lambda: guest))

    def grade(self, request: RunRequest, on_event: OnEvent = lambda _event: None) -> RunReport:
        """Run the suite over the submission. Never raises for what a submission or suite does.

        A host that cannot run sandboxes gives the verdict `system_fault`.
        """
        if not needs_a_run(request):
            return report_without_a_run(request)
        needed = request.without_gpu is WithoutGpu.WAIT
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
        judge, guest = self._start(request, gpus)
        started = time.monotonic()
        judgement = Judgement(
            CUDA if gpus else "cpu",
            said=request.submission.notices,
            judged=request.judged,
            mistakes=request.suite.mistakes,
        )
        try:
            ending = self._run(judge, guest, request, judgement, on_event)
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
        described = self._sandbox.describe(gpu=bool(gpus))
        return dataclasses.replace(
            report, receipt=receipt.make(request, report, described, facts, gpus)
        )

    def _start(self, request: RunRequest, gpus: tuple[Gpu, ...]) -> tuple[JudgeLine, Guest]:
        kind = (request.limits, request.preload)
        if gpus:  # never ahead: a guest that waits would keep a GPU from the others
            guest = self._starter.submit(_start_guest, self._sandbox, kind, gpus)
        else:
            guest = self._take_guest(kind, own=request.own)
        try:
            return self._warm_judge(request), guest.result()
        except SandboxError:
            with contextlib.suppress(SandboxError):
                guest.result().process.kill()
            raise

    def _warm_judge(self, request: RunRequest) -> JudgeLine:
        waits = self._judge is not None and not self._judge.has_ended
        if not waits or time.monotonic() > self._judge_until:
            self._drop_judge()
        if self._judge is None:
            process = self._sandbox.start(_spec(Role.JUDGE, request.limits, _REMOVED_AFTER))
            self._judge_until = time.monotonic() + _JUDGE_SECONDS
            self._judge = JudgeLine(process)
            event = self._judge.next_event(time.monotonic() + _START_SECONDS)
            if event is None or event["event"] != "ready":
                detail = process.kill().stderr
                self._judge = None
                raise SandboxError(f"the judge did not start: {detail[-2_000:]}")
            self._judge_facts = event["facts"]
        return self._judge

    def _set_ahead(self, kind: _Kind, guest: Future[Guest], *, used: bool = False) -> None:
        self._next_is_used = used
        self._next, self._next_until = (kind, guest), time.monotonic() + _GUEST_SECONDS

    def _take_guest(self, kind: _Kind, *, own: bool) -> Future[Guest]:
        ready, self._next = self._next, None
        fits = ready is not None and ready[0] == kind and time.monotonic() < self._next_until
        if ready is not None and fits and (own or not self._next_is_used):
            return self._starter.submit(_waiting_guest, self._sandbox, kind, ready[1])
        if ready is not None:
            with contextlib.suppress(SandboxError):
                ready[1].result().process.kill()
        return self._starter.submit(_start_guest, self._sandbox, kind)

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
            self._set_ahead(kind, self._starter.submit(_start_guest, self._sandbox, kind))
        allowed = limits.run_seconds + limits.load_seconds * _cells(request) + _GRACE_SECONDS
        judge_well = judge.follow(judgement, on_event, time.monotonic() + allowed)
        judge_well = judge_well and not line.has_died  # it would wait for the guest's answers yet
        lost_by_itself = gone.is_set()
        judge.guest = None
        well = judge_well and judgement.fault is None and not lost_by_itself
        if request.own and well and judgement.device == "cpu" and _emptied(guest, line):
            kept: Future[Guest] = Future()
            kept.set_result(guest)
            self._set_ahead((limits, request.preload), kept, used=True)
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


@dataclasses.dataclass(frozen=True, slots=True)
class Guest:
    """A warm guest and what it says of itself."""

    process: SandboxProcess
    facts: dict[str, str]


def _start_guest(sandbox: Sandbox, kind: _Kind, gpus: tuple[Gpu, ...] = ()) -> Guest:
    limits, preload = kind
    process = sandbox.start(_spec(Role.GUEST, limits, limits.run_seconds + _REMOVED_AFTER, gpus))
    with _answering(process):
        _, payload = frames.read_frame(process.receive, _FACTS_BYTES)
        _preload(process, preload)
        return Guest(process, decode(payload)[1])


def _waiting_guest(sandbox: Sandbox, kind: _Kind, ahead: Future[Guest]) -> Guest:
    """The guest that was started ahead; another one where that has died, or never lived."""
    try:
        guest = ahead.result()
        with _answering(guest.process):
            _preload(guest.process, ())
    except SandboxError:
        return _start_guest(sandbox, kind)
    return guest


def _preload(process: SandboxProcess, names: tuple[str, ...]) -> None:
    """Have a guest import these, and hear that it has."""
    process.send(frames.pack(frames.SUPERVISOR, encode(("preload", names))))
    frames.read_frame(process.receive, _FACTS_BYTES)


@contextlib.contextmanager
def _answering(process: SandboxProcess) -> Iterator[None]:
    """A guest that does not answer in time, or has ended, is no guest: raises `SandboxError`."""
    timer = threading.Timer(_START_SECONDS, process.kill)
    timer.start()
    try:
        yield
    except (ChannelClosed, ProtocolError, SandboxGone) as error:
        detail = process.kill().stderr
        raise SandboxError(f"the guest did not start: {detail[-2_000:]}") from error
    finally:
        timer.cancel()


def _emptied(guest: Guest, line: GuestLine) -> bool:
    """Have a guest forget what it ran; tells whether it is good for another run."""
    try:
        guest.process.send(frames.pack(frames.SUPERVISOR, encode(("reset",))))
    except SandboxGone:
        return False
    return line.join(_JOIN_SECONDS) and line.was_emptied


def _spec(role: Role, limits: Limits, seconds: float, gpus: tuple[Gpu, ...] = ()) -> ProcessSpec:
    job, deadline = uuid.uuid4().hex[:12], time.time() + seconds
    return ProcessSpec(role=role, limits=limits, job=job, deadline=deadline, gpus=gpus)


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
