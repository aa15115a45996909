"""A homework's submissions graded again beside what counts, until somebody decides.

The order: enqueue, and once the instructor has accepted, score → publish in one transaction. It is
rows all the way: whatever dies goes on where it was, by the clock.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Now
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from grader.celery import BELL, REGRADE, app
from grader.domain.regrades import OPEN, Decision, RegradeState, Scope
from grader.domain.states import ACTIVE, JobState, Role
from grader.errors import DraftOutdated, RegradeRefused
from grader.messages import Told, tell, tell_all
from grader.models import (
    Assignment,
    AssignmentVersion,
    AuditEntry,
    GradeEntry,
    GradingJob,
    Regrade,
    Submission,
    User,
)
from grader.pipeline.enqueue import enqueue_shadows, lane_of_regrade
from grader.pipeline.publish import publish_all
from grader.pipeline.score import in_turn, score_all
from grader.queries.regraded import Regraded, look, newest_jobs, regraded
from grader.site_addresses import grades_page

log = logging.getLogger(__name__)
READY = "regrade.ready"
CHANGED = "regrade.changed"
CHUNK = 200
"""How many jobs are made in one transaction."""
_CHUNKS = 5
"""How many such chunks at a time: the sweep waits for it."""
_GRADED = (JobState.DONE, JobState.REJECTED, JobState.FAULT)
_REASON = 500
_KEYS = 1_000
_ACTIONS = {
    Decision.ALL: RegradeState.ACCEPTED,
    Decision.RAISES: RegradeState.RAISED,
    Decision.DROP: RegradeState.DROPPED,
}


def start(
    assignment: Assignment,
    version: AssignmentVersion,
    scope: Scope,
    *,
    reason: str,
    author: User,
    now: datetime,
) -> Regrade:
    """Begin a regrade of what has arrived by now. Its jobs are made by the clock, in chunks."""
    reason = " ".join(reason.split())
    if not reason:
        raise RegradeRefused("Say why: students whose points change read it.")
    if len(reason) > _REASON:
        raise RegradeRefused(f"Say why in at most {_REASON} characters.")
    if version.assignment_id != assignment.pk:
        raise RegradeRefused("This version is of another homework.")
    regrade = Regrade(
        assignment=assignment,
        version=version,
        scope=scope.value,
        reason=reason,
        author=author,
        created_at=now,
    )
    regrade.total = in_scope(regrade).count()
    if not regrade.total:
        raise RegradeRefused("There is nothing to grade again: no submission is covered by this.")
    try:
        with transaction.atomic():
            regrade.save()
            _note(regrade, author, "regrade.started", scope=scope.value, reason=reason)
            transaction.on_commit(wake, robust=True)
    except IntegrityError as error:
        raise RegradeRefused(
            f"A regrade of {assignment.title} is open already. Decide about it, or cancel it."
        ) from error
    return regrade


def wake() -> None:
    """Have the jobs of regrades made now, and not at the clock's next turn."""
    try:
        with app.connection_for_write(transport_options=BELL) as connection:
            app.send_task(REGRADE, connection=connection, retry=False)
    except (KombuError, RedisError, OSError) as error:
        log.warning("a regrade begins at the clock's next turn: %s", error)


def step_all() -> bool:
    """Take every regrade that runs a step on; whether one of them has more to enqueue at once."""
    running = Regrade.objects.filter(state=RegradeState.RUNNING).values_list("pk", flat=True)
    more = [step(key) for key in list(running)]
    return any(more)


def step(key: int) -> bool:
    """Enqueue what is missing, a few chunks of it; where all is graded, the regrade is ready.

    Gives whether there is more to enqueue.
    """
    regrade = (
        Regrade.objects.select_related("version", "assignment__course", "author")
        .filter(pk=key)
        .first()
    )
    if regrade is None:
        return False
    lane, last = lane_of_regrade(regrade.version.spec), 0
    for _ in range(_CHUNKS):
        with transaction.atomic():
            if _locked(key).state != RegradeState.RUNNING:
                return False
            # Only onwards: one that still runs for a cancelled regrade has to wait for its end.
            missing = list(_missing(regrade).filter(pk__gt=last)[:CHUNK])
            if not missing:
                _end(regrade)
                return False
            enqueue_shadows(regrade, missing, lane)
            last = missing[-1]
    return True


def again(regrade: Regrade, actor: User) -> int:
    """Queue those of its submissions again that met a fault; how many."""
    lane = lane_of_regrade(regrade.version.spec)
    with transaction.atomic():
        if _locked(regrade.pk).state not in OPEN:
            raise RegradeRefused("This regrade is decided: start another one.")
        met = newest_jobs(regrade).filter(state=JobState.FAULT)
        keys = list(met.values_list("submission", flat=True))
        if keys:
            Regrade.objects.filter(pk=regrade.pk).update(state=RegradeState.RUNNING)
            enqueue_shadows(regrade, keys, lane)
            _note(regrade, actor, "regrade.repeated", submissions=len(keys))
    return len(keys)


def cancel(regrade: Regrade, actor: User, *, now: datetime) -> None:
    """Stop a regrade before its end: what waits is superseded, and nothing of it counts."""
    with transaction.atomic():
        if _locked(regrade.pk).state != RegradeState.RUNNING:
            raise RegradeRefused("This regrade does not run any more.")
        waiting = GradingJob.objects.filter(regrade=regrade, shadow=True, state=JobState.QUEUED)
        count = waiting.update(state=JobState.SUPERSEDED, finished_at=Now())
        _close(regrade, RegradeState.CANCELLED, actor, now)
        _note(regrade, actor, "regrade.cancelled", waiting=count)


def decide(
    regrade: Regrade, decision: Decision, actor: User, *, now: datetime, seen: str = ""
) -> list[Regraded]:
    """Have a regrade count, for all or for those whom it helps, or drop it.

    seen: the `look` of what was shown before; where it is another by now, `DraftOutdated`
    Gives the students whose jobs count from now on.
    """
    step(regrade.pk)
    with transaction.atomic():
        assignment = in_turn(regrade.assignment_id)
        if _locked(regrade.pk).state != RegradeState.READY:
            raise RegradeRefused("This regrade is not ready to be decided, or it was decided.")
        found = regraded(regrade)
        if seen and seen != look(found):
            raise DraftOutdated(
                "Grades have moved since this was shown, so nothing was decided: look at what it "
                "would do now, and decide again."
            )
        chosen = _chosen(found, decision)
        if decision != Decision.DROP:
            _accept(regrade, assignment, chosen)
        _close(regrade, _ACTIONS[decision], actor, now)
        _note(regrade, actor, f"regrade.{_ACTIONS[decision].value}", **_counts(found, chosen))
    return chosen


def in_scope(regrade: Regrade) -> QuerySet[Submission]:
    """The students' submissions that it covers, of those that had arrived when it began."""
    rows = Submission.objects.filter(
        assignment=regrade.assignment,
        student__role=Role.STUDENT,
        received_at__lte=regrade.created_at,
    )
    own = GradingJob.objects.filter(submission=OuterRef("pk"), shadow=False)
    # What it has graded itself, and was accepted since, must not change what it covers.
    own = own.exclude(regrade=regrade) if regrade.pk else own
    if regrade.scope == Scope.COUNTED:
        counted = GradeEntry.objects.filter(assignment=regrade.assignment)
        return rows.filter(pk__in=counted.values("score__submission"))
    newest = own.order_by("-pk")
    graded = rows.annotate(
        ended=Subquery(newest.values("state")[:1]), by=Subquery(newest.values("version")[:1])
    ).filter(ended__in=_GRADED)
    return graded.exclude(by=regrade.version.pk) if regrade.scope == Scope.STALE else graded


def stale(assignment: Assignment, now: datetime) -> int:
    """How many submissions were graded by another version than the one in force."""
    if assignment.version is None:
        return 0
    scope = Scope.STALE.value
    would = Regrade(assignment=assignment, version=assignment.version, scope=scope, created_at=now)
    return in_scope(would).count()


def _missing(regrade: Regrade) -> QuerySet[Submission, int]:
    made = GradingJob.objects.filter(submission=OuterRef("pk"), regrade=regrade)
    return in_scope(regrade).exclude(Exists(made)).order_by("pk").values_list("pk", flat=True)


def _end(regrade: Regrade) -> None:
    """Where all of it is graded it is ready, and its author is told."""
    jobs = GradingJob.objects.filter(regrade=regrade)
    if _missing(regrade).exists() or jobs.filter(state__in=ACTIVE).exists():
        return
    regrade.state = RegradeState.READY.value
    regrade.total = jobs.aggregate(n=Count("submission", distinct=True))["n"]
    regrade.save(update_fields=["state", "total"])
    assignment = regrade.assignment
    tell(
        assignment.course,
        regrade.author,
        READY,
        f"{READY}:{regrade.pk}",
        f"{assignment.course.code}: the regrade of {assignment.title} is ready",
        f"{regrade.total} submissions of {assignment.title} are graded again ({regrade.reason}). "
        "Nothing counts yet: its page shows whose points would change, and waits for the "
        "instructor's decision.\n",
    )


def _chosen(found: Sequence[Regraded], decision: Decision) -> list[Regraded]:
    if decision == Decision.DROP:
        return []
    return [one for one in found if decision == Decision.ALL or one.raises]


def _accept(regrade: Regrade, assignment: Assignment, chosen: Sequence[Regraded]) -> None:
    keys = [job for one in chosen for job in one.jobs]
    for at in range(0, len(keys), _KEYS):
        GradingJob.objects.filter(pk__in=keys[at : at + _KEYS]).update(shadow=False)
    assignment.version = regrade.version
    assignment.save(update_fields=["version"])
    if chosen:
        students = [one.student.pk for one in chosen]
        publish_all(assignment, score_all(assignment, students))
    tell_all(assignment.course, CHANGED, _messages(regrade, assignment, chosen))


def _messages(
    regrade: Regrade, assignment: Assignment, chosen: Sequence[Regraded]
) -> Iterator[Told]:
    course = assignment.course
    for one in chosen:
        if one.counts:
            yield Told(
                to=one.student.user_id,
                key=f"{CHANGED}:{regrade.pk}:{one.student.user_id}",
                subject=f"{course.code}: your points in {assignment.title} have changed",
                body=(
                    f"Hello {one.student.user.name},\n\n{assignment.title} of {course.code} was "
                    f"graded again, for everybody by the same checks: {regrade.reason}\n\nYour "
                    f"points have {'risen' if one.change > 0 else 'fallen'} by that. Here you see "
                    f"them, check by check:\n\n{grades_page(course.slug)}\n\nIf you think that "
                    "something is wrong, tell the staff of the course.\n"
                ),
            )


def _counts(found: Sequence[Regraded], chosen: Sequence[Regraded]) -> dict[str, object]:
    moved = Counter(
        "raised" if one.change > 0 else "lowered" if one.change < 0 else "unchanged"
        for one in chosen
    )
    return {
        "students": len(chosen),
        "jobs": sum(len(one.jobs) for one in chosen),
        "raised": moved["raised"],
        "lowered": moved["lowered"],
        "unchanged": moved["unchanged"],
        "left": len(found) - len(chosen),
    }


def _close(regrade: Regrade, state: RegradeState, actor: User, now: datetime) -> None:
    own = Regrade.objects.filter(pk=regrade.pk)
    own.update(state=state, decided_by=actor, decided_at=now)
    regrade.refresh_from_db()


def _locked(key: int) -> Regrade:
    return Regrade.objects.select_for_update(no_key=True).get(pk=key)


def _note(regrade: Regrade, actor: User, action: str, **detail: object) -> None:
    AuditEntry.objects.create(
        course=regrade.assignment.course,
        actor=actor,
        action=action,
        subject=f"regrade {regrade.pk}",
        detail={
            "homework": regrade.assignment.slug,
            "version": regrade.version.digest,
            "submissions": regrade.total,
            **detail,
        },
    )
