"""The staff's handbook: everything that a homework's folder says, and nothing that is stale."""

from __future__ import annotations

from pathlib import Path

import pytest

from assignments.__main__ import main
from assignments.check_facts import CheckFacts, check_facts
from assignments.handbook import handbook
from assignments.loader import load_assignment
from assignments.markdown_tables import code, escaped
from assignments.mutation.campaign import Campaign, Judged
from assignments.mutation.candidates import candidates
from assignments.mutation.record import write_record
from tests.assignments.homework import EXPECTATION, write_homework

DOUBLE = "hidden/test_question2.py::test_double"
SURVIVOR = """\
[[survivor]]
file = "question1.py"
line = "self.value += self.step"
becomes = "self.value -= self.step"
why = "allowed"
reason = "Nobody counts down."
"""
HANGS = f"""\
description = "Waits for a | that never comes"
hint = "Do not wait."
fails = ["{DOUBLE}"]
outcomes = {{ "public/test_question1.py::test_small" = "timeout" }}
"""


def pages(folder: Path, changes: dict[str, str | None] | None = None) -> dict[str, str]:
    homework = write_homework(folder / "hw0", changes)
    return handbook({"hw0": (homework, load_assignment(homework))})


def test_a_page_tells_problems_checks_and_what_each_mutant_fails(tmp_path: Path) -> None:
    changes: dict[str, str | None] = {
        "mutants/hangs/expect.toml": HANGS,
        "mutants/hangs/question1.py": "x = 1\n",
        "mutants/reads/expect.toml": f"{EXPECTATION}cheat = true\n",
        "mutants/reads/question2.py": "x = 1\n",
    }
    page = pages(tmp_path, changes)["hw0.md"]

    for line in (
        "# Homework 0: Small sums",
        "| files | `question1.py`, `question2.py`, or `hw0.ipynb` |",
        "| limits | each check 2.5 s; memory 512 MB |",
        "| [Adding](#add) | code | 6 | 2 | 1 |",
        "| [Doubling](#double) | code | 4 | 1 | 1 |",
        (
            "| 1 | `hidden/test_question1.py::test_random` | 4 |  | Adds any numbers<br>"
            "*Think of negative numbers.* |"
        ),
        "| `hangs` |  | T |",
        "| `hangs` | x |",
        "| `squares` | x |",
        "| `hangs` | Waits for a \\| that never comes | 2 | Do not wait. |",
        "| `squares` | Squares instead of doubling | 1 |  |",
        "| `reads` | Squares instead of doubling (a cheat) | 1 |  |",
        "6, not recorded.",
    ):
        assert line in page.splitlines()
    assert page.startswith("# Homework 0: Small sums\n\n**For staff.** ")


def test_a_record_is_told_with_its_explained_survivors(tmp_path: Path) -> None:
    pages(tmp_path, {"survivors.toml": SURVIVOR})
    homework = tmp_path / "hw0"
    spec = load_assignment(homework)
    source = (homework / "solution" / "question1.py").read_bytes()
    found = candidates({"question1.py": source})
    judged = tuple(Judged(mutation, killed=place < 5) for place, mutation in enumerate(found))
    write_record(homework, spec, Campaign(judged))

    page = handbook({"hw0": (homework, spec)})["hw0.md"]
    score = "5 of 6 killed by the hidden suite, 0 equivalent, 0 allowed: 83.3 %"
    assert f"\n{score}.\n" in page
    assert "\n- `question1.py:22:19 += to =`\n" in page
    assert (
        "\n| `question1.py` | `self.value += self.step` | `self.value -= self.step` | allowed | "
        "Nobody counts down. |\n" in page
    )

    solution = homework / "solution" / "question1.py"
    solution.write_bytes(solution.read_bytes() + b"# changed\n")
    again = handbook({"hw0": (homework, load_assignment(homework))})
    assert f"\n{score} (before the last change).\n" in again["hw0.md"]
    assert f"| {score} (before the last change) |" in again["README.md"]


def test_the_index_counts(tmp_path: Path) -> None:
    assert (
        "| [Homework 0: Small sums](hw0.md) | 10 | 2 | 3 | 0 | 1 | 6, not recorded |"
        in pages(tmp_path)["README.md"].splitlines()
    )


def test_what_is_stale_is_named_and_what_is_gone_is_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    homework = write_homework(tmp_path / "course" / "hw0")
    where = ["--root", str(tmp_path / "course"), "--to", str(tmp_path / "pages")]

    assert main(["docs", *where]) == 0
    assert capsys.readouterr().out == "2 page(s) changed\n"
    assert main(["docs", "--check", *where]) == 0
    (tmp_path / "pages" / "hw9.md").write_text("gone\n")
    (homework / "mutants" / "squares" / "expect.toml").write_text(f'{EXPECTATION}hint = "No."\n')
    assert main(["docs", "--check", *where]) == 1
    assert capsys.readouterr().err == (
        "pages/ is stale: hw0.md, hw9.md\nRun: python -m assignments docs\n"
    )
    assert main(["docs", *where]) == 0
    assert sorted(path.name for path in (tmp_path / "pages").iterdir()) == ["README.md", "hw0.md"]


def test_the_handbook_of_the_course_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "--check"]) == 0, capsys.readouterr().err


SUITE = b'''\
import pytest

pytestmark = [pytest.mark.hint("For all."), pytest.mark.points(1)]


@pytest.mark.points(2.5)
@pytest.mark.ranks(4)
def test_marked():
    """A title

    More.
    """


@pytest.mark.hint("Of the class.")
class TestGroup:
    @pytest.mark.gpu
    @pytest.mark.timeout(30)
    def test_inner(self): ...


def helper(): ...
'''


def test_marks_are_read_as_pytest_reads_them() -> None:
    assert check_facts({"hidden/test_a.py": SUITE}, ("hidden/test_a.py",)) == [
        CheckFacts("hidden/test_a.py::test_marked", "A title", "2.5", "For all.", ("ranks(4)",)),
        CheckFacts(
            "hidden/test_a.py::TestGroup::test_inner",
            "test_inner",
            "1",
            "Of the class.",
            ("gpu", "timeout(30)"),
        ),
    ]


def test_nothing_of_a_text_is_markdown() -> None:
    assert escaped("a|b *c* <d>\n  [e](f) $x$ `g`") == (
        "a\\|b \\*c\\* &lt;d&gt; \\[e\\](f) \\$x\\$ \\`g\\`"
    )


def test_a_piece_of_a_program_stays_one() -> None:
    assert code("a | b *\n c") == "`a \\| b * c`"
    assert code("`x`") == "`` `x` ``"
