"""What the demo's class has uploaded: right and wrong work, on time and late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from assignments.build import solution_notebook
from assignments.loader import handout_files, mutant_files, solution_files
from assignments.regions import without_markers
from assignments.spec import AssignmentSpec
from grader.demo.people import LAST_TERM, REPEATER, STUDENTS, Person
from grader.errors import UploadRefused
from grader.models import Assignment, Membership
from grader.pipeline.hand_in import hand_in

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Upload:
    """Who handed in what, and when the server had it."""

    student: Person
    files: Files
    received_at: datetime


@dataclass(frozen=True)
class Works:
    """What students of a homework might upload, made from its folder."""

    folder: Path
    spec: AssignmentSpec

    @cached_property
    def solution(self) -> Files:
        """All problems solved, as files."""
        return _as_written(solution_files(self.folder, self.spec))

    @cached_property
    def notebook(self) -> Files:
        """All problems solved, in the notebook."""
        return {"hw1_final_v2.ipynb": solution_notebook(self.folder, self.spec)}

    @cached_property
    def broken_notebook(self) -> Files:
        """A notebook that was cut off while it was saved."""
        [(name, data)] = self.notebook.items()
        return {name: data[: len(data) // 2]}

    @cached_property
    def handout(self) -> Files:
        """Nothing done."""
        return handout_files(self.folder, self.spec)

    @cached_property
    def half(self) -> Files:
        """The first half of the files done, the others untouched."""
        done = list(self.handout)[: len(self.handout) // 2]
        return {
            name: (self.solution if name in done else self.handout)[name] for name in self.handout
        }

    def mutant(self, name: str) -> Files:
        """A mistake that the homework's authors know; `KeyError` for another name."""
        mutants = {mutant.name: mutant for mutant in self.spec.mutants}
        return _as_written(mutant_files(self.folder, self.spec, mutants[name]))


def this_term(works: Works, now: datetime) -> list[Upload]:
    """Uploads of the last two days, for a homework that is open."""
    plan: list[tuple[str, Files, float]] = [
        ("li.wenjie", works.solution, 44),
        ("wong.kayan", works.notebook, 40),
        ("amina.yusuf", works.mutant("scores_not_scaled"), 36),
        ("zhang.yi", works.handout, 30),
        ("lucas.oliveira", works.half, 26),
        ("nguyen.minhanh", works.mutant("tape_keeps_last_path"), 20),
        ("siobhan.oneill", works.mutant("process_exits"), 12),
        ("lau.chunhei", works.mutant("public_answers_hard_coded"), 8),
        # The first one still waits when the second comes, and is superseded.
        ("kim.doyun", works.mutant("frozen_batchnorm_moves"), 5),
        ("kim.doyun", works.solution, 4.9),
        (REPEATER.account, works.mutant("mix_heads_in_place"), 2),
    ]
    by_account = {person.account: person for person in STUDENTS}
    return [
        Upload(by_account[account], files, now - timedelta(hours=hours))
        for account, files, hours in plan
    ]


def last_term(works: Works, due: datetime) -> list[Upload]:
    """Uploads around a deadline of the past."""
    _, by_a_second, by_days, traveller = LAST_TERM
    return [
        Upload(REPEATER, works.half, due - timedelta(hours=3)),
        Upload(REPEATER, works.solution, due + timedelta(days=1, hours=9)),
        Upload(by_a_second, works.solution, due + timedelta(minutes=1)),
        Upload(by_days, works.mutant("float64_lost"), due + timedelta(days=5, hours=20)),
        Upload(traveller, works.notebook, due + timedelta(days=2, hours=12)),
    ]


def hand_in_all(
    assignment: Assignment, class_: Mapping[Person, Membership], uploads: list[Upload]
) -> None:
    """Take them as the page would, one after the other."""
    for number, upload in enumerate(uploads, start=1):
        hand_in(
            assignment,
            class_[upload.student],
            files=upload.files,
            received_at=upload.received_at,
            token=f"demo-{assignment.pk}-{number}",
        )


def refusal(assignment: Assignment, student: Membership, works: Works, now: datetime) -> str:
    """What a student is told whose notebook was cut off; nothing of it is kept."""
    try:
        token = f"demo-{assignment.pk}-refused"
        hand_in(assignment, student, files=works.broken_notebook, received_at=now, token=token)
    except UploadRefused as error:
        return str(error)
    raise AssertionError("a broken notebook was taken")


def _as_written(files: Files) -> Files:
    """As a student would have written it, without the marks for the handout's builder."""
    return {
        name: without_markers(data.decode()).encode() if name.endswith(".py") else data
        for name, data in files.items()
    }
