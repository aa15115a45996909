"""`manage.py regrade COURSE HW`: a homework graded again beside what counts, from a terminal."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from grader.domain.regrades import OPEN, Decision, RegradeState, Scope
from grader.domain.states import FINAL, STAFF, Role
from grader.errors import GraderError
from grader.models import Assignment, AssignmentVersion, Membership, Regrade, User
from grader.pipeline import regrade as road
from grader.queries.regraded import Regraded, newest_jobs, regraded

_PAUSE = 1.0
_SHOWN = 50
_DIGEST = 12


class Command(BaseCommand):
    """Exit 0 when all that was asked for is done; 1 with a sentence where it is not."""

    help = (
        "Grade a homework's submissions again, beside what counts. Goes on with the regrade that "
        "is open, if there is one. Workers do the grading; interrupting this stops nothing."
    )

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        """Django's own --version, of Django, gives way to that of the homework."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What, by what, and what then."""
        parser.add_argument("course", help="the course's name in addresses, as in comp4551")
        parser.add_argument("homework", help="as in hw1")
        parser.add_argument(
            "--version", help="the first characters of a stored version; else the newest one"
        )
        parser.add_argument("--scope", choices=[scope.value for scope in Scope])
        parser.add_argument("--reason", default="", help="students whose points change read it")
        parser.add_argument("--wait", action="store_true", help="until it is ready")
        parser.add_argument(
            "--accept",
            choices=[decision.value for decision in Decision],
            help="wait, and then decide",
        )
        parser.add_argument("--by", help="address of the instructor or TA in whose name it is done")

    def handle(self, *_words: Any, **options: Any) -> None:
        """Begin or go on, wait, decide."""
        assignment = self._assignment(options["course"], options["homework"])
        decision = Decision(options["accept"]) if options["accept"] else None
        actor = self._actor(assignment, options["by"], decides=decision is not None)
        try:
            regrade = self._open(assignment, options) or self._begin(assignment, actor, options)
            if not options["wait"] and decision is None:
                road.step(regrade.pk)
                self._say(f"Regrade {regrade.pk} is {regrade.state}: workers grade it.")
                return
            self._wait(regrade)
            self._tell(regraded(regrade))
            if decision is not None:
                chosen = road.decide(regrade, decision, actor, now=timezone.now())
                self._say(f"Regrade {regrade.pk}: {regrade.state}, {len(chosen)} students.")
        except GraderError as error:
            raise CommandError(str(error)) from error

    def _open(self, assignment: Assignment, options: dict[str, Any]) -> Regrade | None:
        """The regrade that is open; a wish for another one is an error."""
        rows = Regrade.objects.select_related("version", "assignment__course")
        regrade = rows.filter(assignment=assignment, state__in=OPEN).first()
        if regrade is None:
            return None
        other = options["version"] and not regrade.version.digest.startswith(options["version"])
        if other or options["scope"] not in (None, regrade.scope):
            raise CommandError(
                f"Regrade {regrade.pk} of {assignment.slug} is open, by version "
                f"{regrade.version.digest[:_DIGEST]} over {regrade.scope}. Decide about it first: "
                "--accept drop."
            )
        self._say(f"Regrade {regrade.pk} goes on.")
        return regrade

    def _begin(self, assignment: Assignment, actor: User, options: dict[str, Any]) -> Regrade:
        regrade = road.start(
            assignment,
            self._version(assignment, options["version"] or ""),
            Scope(options["scope"] or Scope.COUNTED),
            reason=options["reason"],
            author=actor,
            now=timezone.now(),
        )
        self._say(
            f"Regrade {regrade.pk}: {regrade.total} submissions by version "
            f"{regrade.version.digest[:_DIGEST]}."
        )
        return regrade

    def _wait(self, regrade: Regrade) -> None:
        last = -1
        while True:
            road.step(regrade.pk)
            regrade.refresh_from_db(fields=["state", "total"])
            ended = newest_jobs(regrade).filter(state__in=FINAL).count()
            if ended != last:
                self._say(f"{ended} of {regrade.total} graded")
            if regrade.state != RegradeState.RUNNING:
                break
            last = ended
            time.sleep(_PAUSE)
        if regrade.state != RegradeState.READY:
            raise CommandError(f"Regrade {regrade.pk} was {regrade.state} meanwhile.")
        states = Counter(newest_jobs(regrade).values_list("state", flat=True))
        if bad := states["fault"] + states["rejected"]:
            self._say(f"{bad} could not be graded and keep what they have; the page says why.")

    def _tell(self, found: list[Regraded]) -> None:
        changed = [one for one in found if one.changed]
        for one in changed[:_SHOWN]:
            before = "none" if one.before is None else str(one.before.final)
            self._say(f"  {one.student.user.name}: {before} -> {one.after.final}")
        if len(changed) > _SHOWN:
            self._say(f"  and {len(changed) - _SHOWN} more")
        up = sum(one.raises for one in found)
        down = sum(one.change < 0 for one in found)
        self._say(f"{len(found)} students: {up} up, {down} down, {len(found) - up - down} the same")

    def _assignment(self, course: str, homework: str) -> Assignment:
        rows = Assignment.objects.filter(course__slug=course).select_related("course", "version")
        assignment = rows.filter(slug=homework).first()
        if assignment is None:
            known = ", ".join(rows.order_by("slug").values_list("slug", flat=True))
            raise CommandError(
                f"There is no homework {homework!r} in {course!r}. Known: {known or 'none'}."
            )
        return assignment

    def _version(self, assignment: Assignment, digest: str) -> AssignmentVersion:
        rows = AssignmentVersion.objects.filter(assignment=assignment, digest__startswith=digest)
        found = list(rows.order_by("-pk"))
        if not found or (digest and len(found) > 1):
            which = "several versions" if found else "no version"
            raise CommandError(
                f"{assignment.slug} has {which} {digest}…: store one by `manage.py "
                "sync_assignments`, or name it by more characters."
            )
        return found[0]

    def _actor(self, assignment: Assignment, email: str | None, *, decides: bool) -> User:
        """Whose act it is in the audit log; by itself only where one instructor can be meant."""
        staff = Membership.objects.filter(course=assignment.course, active=True, role__in=STAFF)
        if decides or not email:
            staff = staff.filter(role=Role.INSTRUCTOR)
        if email:
            staff = staff.filter(user__email__iexact=email)
        found = list(staff.select_related("user")[:2])
        if len(found) != 1:
            who = "an instructor" if decides else "one of its staff"
            raise CommandError(f"Name {who} of {assignment.course.slug}: --by EMAIL.")
        return found[0].user

    def _say(self, line: str) -> None:
        self.stdout.write(line)
