"""A run over mutations: what is graded by what, what counts as seen, what was explained."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from assignments.errors import AssignmentInvalid
from assignments.loader import load_assignment
from assignments.mutation.campaign import (
    Campaign,
    CampaignBroken,
    Examiner,
    chosen,
    concluded,
)
from assignments.mutation.candidates import candidates
from assignments.mutation.record import is_stale, read_record, write_record
from assignments.mutation.survivors import entry_text, read_survivors
from assignments.proof import GateRun
from assignments.triage import TriagedUpload
from tests.assignments.homework import write_homework

RANDOM = "hidden/test_question1.py::test_random"
DOUBLE = "hidden/test_question2.py::test_double"
ALLOWED = """\
[[survivor]]
file = "question1.py"
line = "self.value += self.step"
becomes = "self.value -= self.step"
why = "allowed"
reason = "Nobody counts down."
"""
EQUIVALENT = """\
[[survivor]]
file = "question1.py"
line = "return a + b"
becomes = "return a - b"
why = "equivalent"
reason = "Said in error: add(1, 2) tells them apart."
"""


class Reader:
    """Grades by reading: a sum that is none is noticed, nothing else; `-=` hangs."""

    def __init__(self, *, broken: str = "") -> None:
        self.asked: dict[str, frozenset[str]] = {}
        self._broken = broken

    def __call__(self, label: str, upload: TriagedUpload, checks: frozenset[str]) -> GateRun:
        self.asked[label] = checks
        source = "".join(cell.source for module in upload.modules for cell in module.cells)
        outcomes = dict.fromkeys((RANDOM, DOUBLE), "passed")
        if "return a + b" not in source:
            outcomes = {RANDOM: "failed", DOUBLE: "not_run"}
        if "return add(x, x)" not in source:
            outcomes[DOUBLE] = "timeout"
        if label == self._broken:
            return GateRun("system_fault", staff_detail="no memory")
        points = {check: (Decimal(0), Decimal(4)) for check in outcomes}
        return GateRun("graded", "", outcomes, points)


def campaign(folder: Path, survivors: str = "") -> tuple[Path, Reader, Campaign]:
    changes: dict[str, str | None] = {"survivors.toml": survivors} if survivors else {}
    homework, reader = write_homework(folder / "hw0", changes), Reader()
    examiner = Examiner(homework, load_assignment(homework), reader)
    judged = examiner.judge(candidates(examiner.solution), 1)
    return homework, reader, concluded(judged, read_survivors(homework), examiner.solution)


FOUND = [
    ("question1.py:9:13 + to -", True, f"{RANDOM} (failed)"),
    ("question1.py:9:11 left side alone", True, f"{RANDOM} (failed)"),
    ("question1.py:9:11 right side alone", True, f"{RANDOM} (failed)"),
    ("question1.py:22:8 statement dropped", False, ""),
    ("question1.py:22:19 += to -=", False, ""),
    ("question1.py:22:19 += to =", False, ""),
]


def test_each_mutation_is_killed_or_goes_through(tmp_path: Path) -> None:
    _, reader, found = campaign(tmp_path)

    assert [(j.mutation.id, j.killed, j.by) for j in found.judged] == FOUND
    assert (found.share, len(found.killed), len(found.survivors())) == (50, 3, 3)
    # Only hidden checks are asked; question2 imports question1, so its checks are among them.
    assert reader.asked[FOUND[0][0]] == {RANDOM.partition("::")[0], DOUBLE.partition("::")[0]}


def test_what_hangs_counts_and_is_told(tmp_path: Path) -> None:
    homework = write_homework(tmp_path / "hw0")
    examiner = Examiner(homework, load_assignment(homework), Reader())
    source = examiner.solution["question2.py"].replace(b"return add(x, x)", b"return x + x")
    examiner.solution["question2.py"] = source
    [first, *_] = examiner.judge(candidates({"question2.py": source}), 1)

    assert (first.killed, first.by, first.by_time) == (True, f"{DOUBLE} (timeout)", True)


def test_explained_survivors_are_told_apart(tmp_path: Path) -> None:
    _, _, found = campaign(tmp_path, ALLOWED)

    [allowed] = found.survivors("allowed")
    assert found.explained[allowed.mutation].reason == "Nobody counts down."
    assert (len(found.survivors()), found.share, found.stale) == (2, 50, ())


def test_equivalent_programs_do_not_count(tmp_path: Path) -> None:
    _, _, found = campaign(tmp_path, ALLOWED.replace('"allowed"', '"equivalent"'))

    assert (len(found.survivors("equivalent")), found.share) == (1, 60)


def test_what_is_explained_and_seen_is_stale(tmp_path: Path) -> None:
    gone = ALLOWED.replace("self.step", "self.gone")
    _, _, found = campaign(tmp_path, EQUIVALENT + ALLOWED + gone)

    assert [entry.becomes for entry in found.stale] == [
        "return a - b",
        "self.value -= self.gone",
    ]


def test_an_entry_is_offered_that_can_be_completed(tmp_path: Path) -> None:
    homework, _, found = campaign(tmp_path)
    [_, step, _] = found.survivors()
    source = (homework / "solution" / "question1.py").read_bytes()

    offered = entry_text(step.mutation, source)
    assert (
        offered.replace('why = ""', 'why = "allowed"').replace(
            'reason = ""', 'reason = "Nobody counts down."'
        )
        == ALLOWED
    )
    assert step.mutation.diff(source) == (
        "--- question1.py\n"
        "+++ question1.py:22:19 += to -=\n"
        "@@ -21,3 +21,3 @@\n"
        "         ### BEGIN SOLUTION\n"
        "-        self.value += self.step\n"
        "+        self.value -= self.step\n"
        "         return self.value\n"
    )


@pytest.mark.parametrize(
    ("old", "new"), [('"allowed"', '"because"'), ("reason", "reasons"), ("[[survivor]]", "[[one]]")]
)
def test_a_wrong_entry_is_a_fault(tmp_path: Path, old: str, new: str) -> None:
    homework = write_homework(tmp_path / "hw0", {"survivors.toml": ALLOWED.replace(old, new)})

    with pytest.raises(AssignmentInvalid) as caught:
        read_survivors(homework)
    assert {fault.path for fault in caught.value.faults} == {"survivors.toml"}


def test_a_sample_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    _, _, found = campaign(tmp_path)
    mutations = [one.mutation for one in found.judged]

    assert chosen(mutations, 3, seed=1) == chosen(mutations, 3, seed=1)
    assert len({tuple(chosen(mutations, 3, seed)) for seed in range(20)}) > 5
    assert sorted(chosen(mutations, 3, 1), key=mutations.index) == chosen(mutations, 3, 1)
    assert chosen(mutations, 99, 1) == chosen(mutations, None, 1) == mutations


def test_a_solution_that_fails_proves_nothing(tmp_path: Path) -> None:
    wrong: dict[str, str | None] = {"solution/question2.py": "def double(x): return x\n"}
    homework = write_homework(tmp_path / "hw0", wrong)

    with pytest.raises(CampaignBroken, match="does not pass the hidden suite"):
        Examiner(homework, load_assignment(homework), Reader()).reference()


def test_a_fault_ends_the_run(tmp_path: Path) -> None:
    homework = write_homework(tmp_path / "hw0")
    reader = Reader(broken=FOUND[1][0])
    examiner = Examiner(homework, load_assignment(homework), reader)

    with pytest.raises(CampaignBroken, match="left side alone: system_fault: no memory"):
        examiner.judge(candidates(examiner.solution), 1)
    assert list(reader.asked) == [FOUND[0][0], FOUND[1][0]]


def test_a_record_is_kept_until_something_changes(tmp_path: Path) -> None:
    homework, _, found = campaign(tmp_path, ALLOWED)
    spec = load_assignment(homework)
    assert read_record(homework) is None

    write_record(homework, spec, found)
    record = read_record(homework)

    assert record is not None
    assert (record.mutations, record.killed, record.by_time) == (6, 3, 0)
    assert (record.equivalent, record.allowed, record.share) == (0, 1, 50)
    assert record.survivors == (FOUND[3][0], FOUND[5][0])
    assert not is_stale(homework, spec, record)
    # A record and its explanations are no part of the homework: no version comes of them.
    assert load_assignment(homework).digest == spec.digest

    public = homework / "checks" / "public" / "test_question1.py"
    public.write_text(public.read_text() + "# changed\n")
    assert not is_stale(homework, load_assignment(homework), record)
    hidden = homework / "checks" / "hidden" / "test_question1.py"
    hidden.write_text(hidden.read_text() + "# changed\n")
    assert is_stale(homework, load_assignment(homework), record)
