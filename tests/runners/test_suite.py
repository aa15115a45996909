"""How a suite becomes checks: marks, cases, partial credit, and what is the suite's own fault."""

from __future__ import annotations

from decimal import Decimal

import pytest

from runners.contract import Outcome, Verdict, Visibility
from tests.runners.conftest import Grade, outcomes

SOURCE = "def f(x):\n    if x == 3: raise ValueError(x)\n    return x\nLIMIT = [1, 2]\n"


def test_marks_and_docstrings_become_the_check(grade: Grade) -> None:
    check = '''
        import pytest
        from question1 import f

        @pytest.mark.points(2.5)
        @pytest.mark.hint("Think.")
        @pytest.mark.visibility("after_published")
        def test_marked():
            """Gives back what it got.

            More.
            """
            assert f(2) == 2

        @pytest.mark.visibility("visible")
        def test_plain_name(): assert f(1) == 1

        def test_what_nobody_may_read(): assert f(1) == 1
    '''
    first, second, third = grade(check, SOURCE).checks
    assert (first.title, first.hint) == ("Gives back what it got.", "Think.")
    assert (first.points, first.max_points) == (Decimal("2.5"), Decimal("2.5"))
    assert first.visibility is Visibility.AFTER_PUBLISHED
    assert (second.title, second.visibility) == ("plain name", Visibility.VISIBLE)
    assert (third.title, third.visibility) == ("A check without a title", Visibility.HIDDEN)


def test_cases_are_one_check_and_all_must_pass(grade: Grade) -> None:
    check = """
        import pytest
        from question1 import f

        @pytest.mark.points(4)
        @pytest.mark.parametrize("x", [1, 2, 3])
        def test_cases(x): assert f(x) == x

        @pytest.mark.points(4)
        @pytest.mark.parametrize("x", [1, 2])
        def test_good_cases(x): assert f(x) == x
    """
    seen = grade(check, SOURCE)
    assert [(int(c.points), c.outcome) for c in seen.checks] == [
        (0, Outcome.FAILED),
        (4, Outcome.PASSED),
    ]


def test_award_gives_part_of_the_points_with_a_reason(grade: Grade) -> None:
    check = """
        import pytest
        @pytest.mark.points(4)
        def test_part(award, leaderboard):
            leaderboard("loss", 0.5, "asc")
            award(1.5, "three of eight")

        @pytest.mark.points(4)
        def test_too_much(award): award(9)
    """
    seen = grade(check, SOURCE)
    assert [c.points for c in seen.checks] == [Decimal("1.5"), Decimal(4)]
    assert seen.checks[0].message == "three of eight"
    assert seen.leaderboard == ({"name": "loss", "value": 0.5, "order": "asc"},)


def test_names_of_the_submission_may_be_used_while_collecting(grade: Grade) -> None:
    check = """
        import pytest, question1
        from question1 import f, LIMIT

        @pytest.mark.parametrize("g", [f, question1.f])
        def test_function(g): assert g(1) == 1

        def test_constant(): assert LIMIT == [1, 2] and question1.LIMIT == [1, 2]

        def test_missing_attribute(): assert not hasattr(question1, "nothing")

        def test_monkeypatch(monkeypatch):
            monkeypatch.setattr(question1, "f", lambda x: 7)
            assert question1.f(1) == 7
    """
    assert set(outcomes(grade(check, SOURCE)).values()) == {"passed"}


@pytest.mark.parametrize(
    ("check", "says"),
    [
        ("def test_it(:\n    pass", "SyntaxError"),
        ("import nosuchmodule\ndef test_it(): pass", "nosuchmodule"),
        ("import pytest\n@pytest.mark.points('many')\ndef test_it(): pass", "is no number"),
        ("import pytest\n@pytest.mark.visibility('now')\ndef test_it(): pass", "visibility 'now'"),
        ("from question1 import f\nVALUE = f(1)\ndef test_it(): pass", "being collected"),
        ("x = 1", "holds no check"),
    ],
)
def test_a_broken_suite_is_nobodys_zero(grade: Grade, check: str, says: str) -> None:
    seen = grade(check, SOURCE)
    assert seen.verdict is Verdict.ASSIGNMENT_FAULT
    assert says in seen.staff_detail
    assert not seen.checks


def test_one_broken_file_stops_the_whole_suite(grade: Grade) -> None:
    seen = grade({"hidden/test_a.py": "def test_a(): pass", "hidden/test_b.py": "1/0"}, SOURCE)
    assert seen.verdict is Verdict.ASSIGNMENT_FAULT
    assert "ZeroDivisionError" in seen.staff_detail


def test_a_skipped_check_has_not_passed(grade: Grade) -> None:
    check = "import pytest\n@pytest.mark.points(1)\ndef test_it(): pytest.skip('no')"
    assert outcomes(grade(check, SOURCE)) == {"test_it": "not_run"}


def test_a_fixture_that_does_not_exist_is_the_suites_fault(grade: Grade) -> None:
    """pytest notices it only when the check's turn comes; no student loses points for it."""
    check = """
        from question1 import f

        def test_first(): assert f(1) == 1

        def test_second(rnd): assert f(2) == 2
    """
    seen = grade(check, SOURCE)
    assert seen.verdict is Verdict.ASSIGNMENT_FAULT
    assert "fixture 'rnd' not found" in seen.staff_detail
