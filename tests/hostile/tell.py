"""Writes the generated part of `docs/security.md`: what is tried, and what must come of it.

python -m tests.hostile.tell            writes the page
python -m tests.hostile.tell --check    says whether it is stale, and writes nothing
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assignments.markdown_tables import escaped
from tests.hostile.elsewhere import NotYet, read_elsewhere
from tests.hostile.entries import read_entries
from tests.hostile.upload_entries import UploadEntry, read_upload_entries

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"
BEGIN = "<!-- Generated: python -m tests.hostile.tell -->"
END = "<!-- End of what is generated -->"
GRADED = "tests/hostile/test_hostile.py::test_entry"
REFUSED = "tests/hostile/test_uploads.py::test_the_page_refuses_it_and_nothing_is_lost"
TAKEN = "tests/hostile/test_uploads.py::test_it_is_graded_and_kept"
TRIAGED = "tests/hostile/test_uploads.py::test_triage_refuses_it"


@dataclass(frozen=True, slots=True)
class Part:
    """A run of numbers of the list that belong together; `kind` is what they are counted as."""

    first: int
    last: int
    title: str
    kind: str


CONTROL, ATTACK, INPUT, CLOCK, FAULT = "control", "attack", "input", "clock", "fault"
PARTS = (
    Part(0, 6, "Honest and unfinished work", CONTROL),
    Part(7, 26, "Reading the tests, forging the result", ATTACK),
    Part(27, 54, "Lying to the judge", ATTACK),
    Part(55, 62, "Carrying secrets out, staying behind", ATTACK),
    Part(63, 84, "Exhausting the machine, breaking out", ATTACK),
    Part(85, 94, "Archives and names", INPUT),
    Part(95, 103, "Notebooks", INPUT),
    Part(104, 117, "Python files, texts and names", INPUT),
    Part(118, 124, "Pages", ATTACK),
    Part(125, 129, "Deadlines and clocks", CLOCK),
    Part(130, 138, "Faults of the machines", FAULT),
)
WHERE_POSSIBLE = {"gpu": "There is a test, which a machine without a GPU skips."}
NUMBERS = range(PARTS[0].first, PARTS[-1].last + 1)


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that is tried."""

    number: int
    name: str
    description: str
    expectation: str
    tests: tuple[str, ...] = ()

    @property
    def is_control(self) -> bool:
        """Whether it is an honest submission beside the attacks of its part."""
        return "reference" in self.name

    def written(self) -> str:
        """As a line of a table."""
        tests = ", ".join(f"[{test.partition('::')[2]}]({_place(test)})" for test in self.tests)
        told = escaped(self.description), escaped(self.expectation)
        return f"| {self.name} | {told[0]} | {told[1]} | {tests} |"


def _place(test: str) -> str:
    return "../" + test.partition("::")[0]


def rows() -> list[Row]:
    """Everything that is tried on every machine, in the order of the list."""
    found = [
        Row(number_of(one.number), one.name, one.description, one.expectation, (GRADED,))
        for one in read_entries()
        if not one.needs
    ]
    found += [
        Row(number_of(one.number), one.name, one.description, one.expectation, _shown_by(one))
        for one in read_upload_entries()
    ]
    found += [
        Row(one.number, f"{one.number}_{one.name}", one.description, one.expectation, one.tests)
        for one in read_elsewhere()[0]
    ]
    return sorted(found, key=lambda row: row.number)


def open_numbers() -> list[NotYet]:
    """What is tried by nothing yet, or only on machines that have more than most."""
    where_possible = [
        NotYet(number_of(one.number), one.name.partition("_")[2], WHERE_POSSIBLE[one.needs])
        for one in read_entries()
        if one.needs
    ]
    return [*where_possible, *read_elsewhere()[1]]


def _shown_by(entry: UploadEntry) -> tuple[str, ...]:
    if not entry.refused:
        return (TAKEN, *entry.tests)
    return (REFUSED if entry.page else TRIAGED, *entry.tests)


def number_of(text: str) -> int:
    """`85` of `85b`."""
    return int("".join(char for char in text if char.isdigit()))


def count(found: list[Row]) -> dict[str, int]:
    """How many of each kind there are."""
    counted = dict.fromkeys((ATTACK, INPUT, CLOCK, FAULT, CONTROL), 0)
    for part in PARTS:
        for row in _rows_of(part, found):
            counted[CONTROL if row.is_control else part.kind] += 1
    return counted


def _rows_of(part: Part, found: list[Row]) -> list[Row]:
    return [row for row in found if part.first <= row.number <= part.last]


def generated() -> str:
    """The part of the page between its two marks."""
    found, not_yet = rows(), open_numbers()
    return "\n".join([*_summary(found, not_yet), *_tables(found), *_open(not_yet)])


def _summary(found: list[Row], not_yet: list[NotYet]) -> Iterator[str]:
    counted = count(found)
    yield f"**{len(found)} things are tried each time the tests run:**\n"
    yield "| what | how many |"
    yield "|---|---|"
    yield f"| attacks | {counted[ATTACK]} |"
    yield f"| bad and unusual inputs | {counted[INPUT]} |"
    yield f"| deadlines and clocks | {counted[CLOCK]} |"
    yield f"| faults of machines | {counted[FAULT]} |"
    yield f"| honest and unfinished work, to compare with | {counted[CONTROL]} |"
    yield f"\n{len(not_yet)} more are known and [not tried yet](#not-tried-yet).\n"


def _tables(found: list[Row]) -> Iterator[str]:
    for part in filter(lambda part: _rows_of(part, found), PARTS):
        yield f"### {part.title}\n"
        yield "| entry | what is tried | expected | shown by |"
        yield "|---|---|---|---|"
        yield from (row.written() for row in _rows_of(part, found))
        yield ""


def _open(not_yet: list[NotYet]) -> Iterator[str]:
    yield "### Not tried yet\n"
    yield "| entry | why |"
    yield "|---|---|"
    yield from (f"| {one.number}_{one.name} | {one.reason} |" for one in not_yet)


def rewritten(page: str) -> str:
    """The page with its generated part made anew."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has lost the marks {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{generated()}\n\n{END}{after}"


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` say whether it is stale."""
    page = PAGE.read_text(encoding="utf-8")
    fresh = rewritten(page)
    if arguments == ["--check"]:
        if fresh != page:
            print("docs/security.md is stale\nRun: python -m tests.hostile.tell", file=sys.stderr)
        return int(fresh != page)
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
