"""The demo, run for real: by its command, in a folder of its own, until all is graded."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.running import demo
from tests.grader.demo.ending import ended

SECONDS = 240  # a minute on two idle cores
GRADES = """
SELECT course.slug, user.email, score.raw, score.late_days, score.penalty, score.final
FROM grader_gradeentry AS grade
JOIN grader_score AS score ON score.id = grade.score_id
JOIN grader_membership AS member ON member.id = grade.student_id
JOIN grader_user AS user ON user.id = member.user_id
JOIN grader_course AS course ON course.id = member.course_id
"""
POINTS = """
SELECT course.slug, exam.slug, count(*), sum(entry.points), exam.released_at IS NOT NULL
FROM grader_examscore AS entry
JOIN grader_exam AS exam ON exam.id = entry.exam_id
JOIN grader_course AS course ON course.id = exam.course_id
GROUP BY course.slug, exam.slug ORDER BY course.slug, exam.slug
"""
STATES = "SELECT state, count(*) FROM grader_gradingjob GROUP BY state ORDER BY state"


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    """What the demo's database holds; nobody writes it any more."""
    with closing(sqlite3.connect(folder / "sandglass.sqlite3")) as database:
        return database.execute(query).fetchall()


def children(pid: int) -> list[int]:
    """All processes below one, sandboxes too."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents.setdefault(parent, []).append(int(path.parent.name))
    found = [pid]
    for process in found:
        found += parents.get(process, [])
    return found[1:]


@pytest.mark.bubblewrap
def test_everything_is_graded(tmp_path: Path) -> None:
    """Each grade is exact: what was earned, what lateness took, what an extension saved."""
    with demo(tmp_path / "demo", "--once") as process:
        said, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, said
    assert "graded 15 of 15" in said.splitlines()
    grades = {
        (course, who.partition("@")[0]): tuple(numbers) for course, who, *numbers in found(tmp_path)
    }
    assert grades == {
        ("comp4551", "li.wenjie"): (100, 0, 0, 100),
        ("comp4551", "wong.kayan"): (100, 0, 0, 100),
        ("comp4551", "amina.yusuf"): (96, 0, 0, 96),
        ("comp4551", "zhang.yi"): (1, 0, 0, 1),
        ("comp4551", "lucas.oliveira"): (44, 0, 0, 44),
        ("comp4551", "nguyen.minhanh"): (91, 0, 0, 91),
        ("comp4551", "siobhan.oneill"): (89, 0, 0, 89),
        ("comp4551", "lau.chunhei"): (34, 0, 0, 34),
        ("comp4551", "kim.doyun"): (100, 0, 0, 100),
        ("comp4551", "chan.taiman"): (99, 0, 0, 99),
        # Half of it on time and all of it two days late: the better one counts.
        ("comp4551-2025", "chan.taiman"): (100, 2, 40, 60),
        ("comp4551-2025", "tse.wingman"): (100, 1, 20, 80),
        ("comp4551-2025", "peter.novak"): (99, 6, 99, 0),
        ("comp4551-2025", "he.jiaqi"): (100, 0, 0, 100),
    }
    assert rows(tmp_path / "demo", STATES) == [("done", 15), ("superseded", 1)]
    assert rows(tmp_path / "demo", POINTS) == [
        ("comp4551", "midterm", 11, 722.25, 0),
        ("comp4551-2025", "final", 4, 303.5, 1),
        ("comp4551-2025", "midterm", 4, 291.5, 1),
    ]
    decided = rows(tmp_path / "demo", "SELECT kind, points FROM grader_override ORDER BY id")
    assert decided == [("points", 85), ("excused", None)]


@pytest.mark.bubblewrap
def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    """In the middle of the grading: no process, no socket, and no upload lost."""
    folder = tmp_path / "demo"
    with demo(folder) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if line.startswith("graded 0 of"))
        below = wait_for_sandboxes(process.pid)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert (process.returncode, said.splitlines()[-1]) == (0, "Everything has been stopped.")
    assert [pid for pid in below if not ended(pid)] == []
    assert not (folder / "broker" / "socket").exists()
    assert sum(count for _, count in rows(folder, STATES)) == 16  # type: ignore[misc]


@pytest.mark.bubblewrap
def test_a_part_that_dies_ends_all(tmp_path: Path) -> None:
    """It is named, and nothing runs on half."""
    with demo(tmp_path / "demo") as process:
        assert process.stdout is not None
        next(line for line in process.stdout if line.startswith("graded 0 of"))
        below = children(process.pid)
        [server] = [pid for pid in below if "web.asgi:application" in command(pid)]
        os.kill(server, signal.SIGKILL)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "CommandError: web ended by itself." in said
    assert [pid for pid in below if not ended(pid)] == []


def found(tmp_path: Path) -> list[tuple[str, str, int, int, int, int]]:
    """The grades as whole numbers, which they all are."""
    return [tuple(row) for row in rows(tmp_path / "demo", GRADES)]  # type: ignore[misc]


def command(pid: int) -> str:
    """How a process was started."""
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def wait_for_sandboxes(pid: int) -> list[int]:
    """All processes of the demo once a submission runs among them."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        below = children(pid)
        if any("bwrap" in command(each) for each in below if not ended(each)):
            return below
        time.sleep(0.2)
    raise AssertionError("nothing is being graded")
