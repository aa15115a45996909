"""Lists of people as tables: read as they are meant, or refused with what to do."""

from __future__ import annotations

from typing import Any

import pytest

from grader.domain.roster import LONGEST, Listed
from grader.domain.states import Role
from grader.errors import TableUnreadable
from grader.models import Membership, Section, User
from grader.roster_reading import CANVAS, PLAIN, RosterFile, read_roster

CANVAS_FILE = """\
Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (48211),Final Score
,,,,,Manual Posting,
    Points Possible,,,,,100,(read only)
"Au, Alice",9001,20990001,aaau,COMP4551 L1,87.50,12
"Chan, 嘉儀",9003,20990003,JYChan,COMP4551 L2,EX,0
"Student, Test",9999,,abc123,COMP4551 L1,,
"""


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(TableUnreadable) as refused:
        read_roster(text.encode())
    return refused.value.faults


def test_a_plain_table_in_any_order_of_columns() -> None:
    read = read_roster(
        b"Section; Role ;E-Mail;hobby;NAME;Student number\n"
        b"L1;TA;Ada@Example.edu;chess;Ada   Byron;2\n;;ben@example.edu;;Ben;\n"
    )
    ada = Listed("ada@example.edu", "Ada Byron", "2", "L1", Role.TA, line=2)
    ben = Listed("ben@example.edu", "Ben", role=None, line=3)
    assert read == RosterFile(PLAIN, (ada, ben), ("hobby",))


@pytest.mark.parametrize("named", ["Student,ID", "LastName,FirstName,ID"])
def test_canvas_gradebook(named: str) -> None:
    text = CANVAS_FILE
    if named != "Student,ID":
        text = text.replace("Student,ID", named).replace('"Au, Alice"', "Au,Alice")
        text = text.replace('"Chan, 嘉儀"', "Chan,嘉儀").replace('"Student, Test"', "Student,Test")
        text = text.replace("Possible,,", "Possible,,,").replace("\n,,,,,M", "\n,,,,,,M")
    alice = Listed("aaau@ust.hk", "Alice Au", "20990001", "COMP4551 L1", line=4, guessed=True)
    chan = Listed("jychan@ust.hk", "嘉儀 Chan", "20990003", "COMP4551 L2", line=5, guessed=True)
    assert read_roster(text.encode(), host="UST.hk ") == RosterFile(CANVAS, (alice, chan))
    without = read_roster(text.encode())
    assert (without.needs_host, without.people[0].email) == (True, "aaau")


def test_canvas_logins_that_are_addresses_need_no_host() -> None:
    text = CANVAS_FILE.replace("aaau", "a@ust.hk").replace("JYChan", "J@ust.hk")
    read = read_roster(text.encode())
    assert ([each.email for each in read.people], read.needs_host) == (
        ["a@ust.hk", "j@ust.hk"],
        False,
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,email\n", ["The file has a line with the names of columns, and nobody below it."]),
        (
            "Ada,ada@example.edu\nBen,ben@example.edu\n",
            [
                (
                    "There is no column “name” and no “email”. The first line must name the "
                    "columns: name, email, and if you like number, section and role. It has “Ada”, "
                    "“ada@example.edu”."
                )
            ],
        ),
        (
            "email,name\nAda,ada@example.edu\nBen,ben@example.edu\n",
            [
                (
                    "The column “email” has no address in it, and the column “name” has: have the "
                    "columns been swapped?"
                )
            ],
        ),
        (
            "name,email,number\nAda,a@b.edu,1\n20991234,b@b.edu,Ben\nCy,c@b.edu,2\n",
            ["Line 3: “20991234” is no name. Have columns been swapped?"],
        ),
        (
            "name,email\nAda,a@b.edu\nBen,A@B.edu\nCy,c@b\n,d@b.edu\nEve,\n",
            [
                "Line 4: “c@b” is no e-mail address.",
                "Line 5: the name is missing.",
                "Line 6: the address is missing.",
                "The address a@b.edu is there 2 times: Line 2, Line 3.",
            ],
        ),
        (
            "name,email,number\nAda,a@b.edu,7\nBen,b@b.edu,7\n",
            ["The student number 7 is there 2 times: Line 2, Line 3."],
        ),
        (
            "name,email,role\nAda,a@b.edu,boss\n",
            [
                (
                    "Line 2: 'boss' is no role. Write student, ta or instructor, or nothing for "
                    "what they are."
                )
            ],
        ),
        (
            f"name,email,number\n{'x' * 201},a@b.edu,{'1' * 33}\n",
            [
                "Line 2: 201 letters are too long for the name.",
                "Line 2: 33 letters are too long for the number.",
            ],
        ),
        (
            "Student,ID,Section\nA,1,L1\n",
            [
                (
                    "This export of Canvas' gradebook has no column “SIS Login ID”, so nobody "
                    "can be told apart by it. Export it with an account that sees that "
                    "column, or send a plain table."
                )
            ],
        ),
        ("Student,ID,SIS Login ID,Section\nStudent Test,,,\n", ["The file names nobody."]),
    ],
)
def test_what_is_wrong_is_told(text: str, told: list[str]) -> None:
    assert list(faults(text)) == told


def test_an_address_that_no_table_holds_is_none() -> None:
    long = f"{'x' * 60}@{'.'.join(letter * 60 for letter in 'abcd')}.edu"
    (told,) = faults(f"name,email\nAda,{long}\n")
    assert told.endswith("is no e-mail address.")


def test_a_list_that_is_wrong_everywhere_is_told_briefly() -> None:
    told = faults("name,email\n" + "Ada,ada\nBen,b@b.edu\n" * 30)
    assert (len(told), told[-1]) == (21, "And 12 more of the kind.")


def test_the_limits_are_those_of_the_tables() -> None:
    fields: dict[str, Any] = {
        "name": User._meta.get_field("name"),
        "email": User._meta.get_field("email"),
        "number": Membership._meta.get_field("student_number"),
        "section": Section._meta.get_field("name"),
    }
    assert {name: field.max_length for name, field in fields.items()} == LONGEST
