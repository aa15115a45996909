"""GradingJob → RunReport: takes a job by a lease, and has it run in sandboxes.

Reads the job, its submission's files and its version. Writes only the job's state and lease.
Idempotent because a lease is taken by a conditional update: of two workers, one gets it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from assignments.errors import AssignmentInvalid, UploadRejected
from assignments.loader import load_assignment
from assignments.spec import AssignmentSpec
from assignments.triage import triage
from grader import blobs, pools
from grader.celery import process_name, process_number
from grader.domain.states import LEASE, RENEW_EVERY, JobState, Lane
from grader.models import GradingJob
from grader.pipeline.lease import Lease, from_now
from grader.queries.queue import in_order
from grader.versions import unpacked
from runners.contract import RunReport, RunRequest, Suite, Verdict
from runners.gpus import Gpus, find_gpus
from runners.grading import Grader
from runners.report import Narrator
from runners.requests import make_request, suite_of
from runners.sandboxes.base import SandboxError
from runners.sandboxes.choose import open_sandbox
from runners.unrun import needs_a_run, report_without_a_run

log = logging.getLogger(__name__)

Tell = Callable[[dict[str, Any]], None]
_TRIES = 8


def claim(lane: Lane, owner: str) -> Lease | None:
    """Take the job of this lane whose turn it is; None when nothing waits."""
    # Looked at again when other workers were quicker each time: their bells are used up.
    while first := list(in_order(lane).values_list("pk", flat=True)[:_TRIES]):
        for job_id in first:
            if _take(job_id, owner):
                taken = GradingJob.objects.values_list("attempt", "submission_id").get(pk=job_id)
                return Lease(job_id, *taken)
    return None


def _take(job_id: int, owner: str) -> int:
    """Take a job that still waits; tells whether it did."""
    return GradingJob.objects.filter(pk=job_id, state=JobState.QUEUED).update(
        state=JobState.RUNNING,
        attempt=F("attempt") + 1,
        lease_owner=owner[:100],
        lease_until=from_now(LEASE),
        started_at=Now(),
        finished_at=None,
    )


def execute(lease: Lease, tell: Tell = lambda _event: None) -> RunReport:
    """Run the job, and keep its lease meanwhile. Never raises for what a job holds.

    `tell` gets what happens in the form that the student may see.
    """
    job = GradingJob.objects.select_related("version", "submission").get(pk=lease.job_id)
    with _renewed(lease):
        try:
            return _whole(job, _run(_request(job), tell))
        except UploadRejected as error:
            return RunReport(verdict=Verdict.REJECTED, reason=str(error))
        except AssignmentInvalid as error:
            return RunReport(verdict=Verdict.ASSIGNMENT_FAULT, staff_detail=str(error))
        except Exception as error:
            # Whatever it is, it is no student's doing: repeated, and told to staff.
            log.exception("job %d could not be run", lease.job_id)
            return RunReport(verdict=Verdict.SYSTEM_FAULT, staff_detail=repr(error))


def _run(request: RunRequest, tell: Tell) -> RunReport:
    """Answers alone need no sandbox, and none is opened for them."""
    if not needs_a_run(request):
        return report_without_a_run(request)
    return _grader().grade(request, _narrated(tell))


def count_gpus() -> int:
    """How many GPUs this machine has at this moment."""
    return len(find_gpus())


def count_free_gpus() -> int:
    """How many of them nobody holds now."""
    try:
        return len(_gpus().free())
    except SandboxError as error:
        log.warning("nobody can say which GPUs are free: %s", error)
        return 0


def _gpus() -> Gpus:
    return Gpus(settings.DATA / "gpus")


def warm_up() -> None:
    """Try the sandbox out before the first job. Raises `SandboxError` with what to do."""
    _grader()


def absence() -> str:
    """Why no sandbox can be started now; nothing when one can.

    Asked before a job is taken: while the engine is away, jobs wait and lose no attempt.
    """
    try:
        _grader().check()
    except SandboxError as error:
        return str(error)
    return ""


def tell_pool_use() -> None:
    """Make known how this process's guests are used; off the road, for it may wait a second."""
    if _grader.cache_info().currsize:
        use = _grader().pool_use()
        pools.tell(process_name(), waiting=use.waiting, warm=use.warm, cold=use.cold)


def cool_down() -> None:
    """End what is kept warm; at the end of a worker's process."""
    if _grader.cache_info().currsize:
        _grader().close()
        _grader.cache_clear()
        pools.leave(process_name())


@lru_cache(maxsize=1)
def _grader() -> Grader:
    """The grader of this process: its judge stays warm from job to job."""
    return make_grader(ahead=settings.SANDGLASS_POOL)


def make_grader(*, ahead: int) -> Grader:
    """A grader in the sandbox of this site, with so many guests that wait."""
    sandbox = open_sandbox(
        settings.SANDGLASS_SANDBOX, runtime=settings.SANDGLASS_DOCKER_RUNTIME, cpuset=_cpuset()
    )
    if sandbox.describe()["sandbox"] == "process" and not settings.SANDGLASS_ALLOW_PROCESS:
        raise SandboxError(
            "This machine has neither Docker nor bubblewrap, and SANDGLASS_ALLOW_PROCESS is no: "
            "`python -m runners doctor` says what to install."
        )
    return Grader(sandbox, ahead=ahead, gpus=_gpus())


def _cpuset() -> str:
    """The cores of this process among those of its worker; nothing for any."""
    sets = settings.SANDGLASS_DOCKER_CPUSETS
    return str(sets[process_number() % len(sets)]) if sets else ""


def _whole(job: GradingJob, report: RunReport) -> RunReport:
    """The report, if its checks are worth what the homework promises without a person.

    A suite that has lost checks would pass for a good one, and take points from everybody.
    """
    promised = sum((problem.points for problem in job.version.spec.judged_problems), Decimal(0))
    if report.verdict is not Verdict.GRADED or report.max_points == promised:
        return report
    return RunReport(
        verdict=Verdict.ASSIGNMENT_FAULT,
        staff_detail=f"The checks are worth {report.max_points} points together, and the problems "
        f"{promised}. Publish a version whose checks give what its problems promise.",
        receipt=report.receipt,
        resources=report.resources,
    )


def _narrated(tell: Tell) -> Tell:
    narrator = Narrator()

    def on_event(event: dict[str, Any]) -> None:
        public = narrator.tell(event)
        if public is not None:
            tell(public)

    return on_event


def request_again(job: GradingJob, *, seed: int, device: str) -> RunRequest:
    """What the job ran, with a seed and a device of then; for who runs a receipt again."""
    return _request(job, seed=seed, device=device)


def _request(job: GradingJob, *, seed: int | None = None, device: str = "") -> RunRequest:
    spec, suite = _content(job.version.digest, unpacked(job.version))
    files = {file.name: blobs.fetch(file.sha256) for file in job.submission.files.all()}
    # Outside the lane of GPUs there is none, also where this machine happens to have some.
    plain = "cpu" if job.lane != Lane.GPU and spec.without_gpu == "cpu" else "auto"
    name = f"job-{job.pk}-{job.attempt}"
    triaged = triage(files, spec, job.submission.answers)
    return make_request(triaged, suite, spec, job=name, seed=seed, device=device or plain)


@lru_cache(maxsize=16)
def _content(digest: str, folder: Path) -> tuple[AssignmentSpec, Suite]:  # noqa: ARG001 - the key
    spec = load_assignment(folder)
    return spec, suite_of(folder, spec)


@contextmanager
def _renewed(lease: Lease) -> Iterator[None]:
    """Renew the lease from a thread for as long as the job runs."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(RENEW_EVERY.total_seconds()):
            _renew(lease)

    thread = threading.Thread(target=renew, name=f"lease of job {lease.job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _renew(lease: Lease) -> None:
    held = GradingJob.objects.filter(pk=lease.job_id, state=JobState.RUNNING, attempt=lease.attempt)
    try:
        if not held.update(lease_until=from_now(LEASE)):
            log.warning("the lease of job %d is lost; its report will be refused", lease.job_id)
    except Exception:
        # The next round tries again; a lease outlives three of them.
        log.exception("the lease of job %d was not renewed", lease.job_id)
    finally:
        connection.close()
