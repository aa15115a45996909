"""Markup in whatever a stranger may write: a page shows it as text, and makes no element of it.

The probe tries to end an attribute, a title, a script, a comment and a text area, and to begin an
element and a handler. Every page that student and staff can reach is parsed as a browser would.
"""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.utils import timezone
from django.utils.html import escape

from grader.models import Assignment, Course, Membership, Submission, User
from grader.pipeline.extend import extend
from runners.contract import RunReport, Verdict, Visibility
from tests.assignments.homework import DECLARATION, write_homework
from tests.assignments.uploads import code, markdown, notebook
from tests.grader.pipeline.road import RIGHT, check, grade, report, upload
from tests.web.crawl import guesses, reachable
from tests.web.world import HOUR, World

pytestmark = pytest.mark.django_db
PEOPLE = ("author", "ta")
ENDS = "'\"></title></textarea></script>-->{{7*7}}{%"
PROBE = f"{ENDS}<x-probe onmouseover=alert(1)><script>alert(1)</script><img src=x onerror=alert(1)>"


class Elements(HTMLParser):
    """What a page is made of, as far as it could do something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.scripts: list[str | None] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag == "script":
            self.scripts.append(dict(attrs).get("src"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    """With the probe in the name of everything and everybody."""
    changes: dict[str, str | None] = {
        "assignment.toml": DECLARATION.replace('"Adding"', f"'''{PROBE.replace(chr(39), '')}'''"),
        "statement.md": f"# Homework {PROBE}\n\n{PROBE}\n\n[link](javascript:alert(1)) `{PROBE}`\n",
        "handout/statement.md": f"# Homework {PROBE}\n\n{PROBE}\n\n[l](javascript:alert(1))\n",
    }
    made = World(write_homework(tmp_path / "hw0", changes))
    Course.objects.filter(pk=made.course.pk).update(code=PROBE[:32], title=PROBE)
    Assignment.objects.filter(pk=made.homework.pk).update(title=PROBE)
    User.objects.update(name=PROBE)
    Membership.objects.update(student_number=PROBE[-32:])
    made.course.refresh_from_db()
    made.homework.refresh_from_db()
    tutor = made.people["ta"].user
    later = timezone.now() + 2 * HOUR
    extend(made.homework, later, reason=PROBE, author=tutor, student=made.people["author"])
    return made


def hands_in_probes(world: World) -> None:
    """A graded, a rejected and a broken submission, with the probe in every field of a report."""
    author = world.people["author"]
    book = notebook(markdown(PROBE), code(f"print({PROBE!r})", outputs=[stream(), rich()]))
    files = {**RIGHT, f"{PROBE.replace('/', '')}.txt": PROBE.encode(), "n.md": PROBE.encode()}
    fields: dict[str, Any] = dict.fromkeys(
        ("title", "hint", "mistake", "message", "output", "traceback"), PROBE
    )
    checks = [
        check(1, 3, 6, id=PROBE, visibility=Visibility.VISIBLE, **fields),
        check(2, 4, 4, **fields),
    ]
    graded = report(*checks, notices=(PROBE,), staff_detail=PROBE)
    grade(upload(world.homework, author, timezone.now(), files=files), graded)
    rejected = RunReport(verdict=Verdict.REJECTED, reason=PROBE, staff_detail=PROBE)
    grade(upload(world.homework, author, timezone.now(), files={"hw0.ipynb": book}), rejected)
    broken = RunReport(verdict=Verdict.ASSIGNMENT_FAULT, staff_detail=PROBE)
    grade(upload(world.homework, author, timezone.now()), broken)


def stream() -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": PROBE}


def rich() -> dict[str, Any]:
    data = dict.fromkeys(("text/html", "image/svg+xml", "text/latex", "text/markdown"), PROBE)
    return {"output_type": "display_data", "data": data, "metadata": {}}


@pytest.fixture
def pages(world: World) -> dict[str, str]:
    """Every page of the author and of a TA, by reader and address."""
    hands_in_probes(world)
    found = {}
    for reader in PEOPLE:
        client = world.client(reader)
        # The stream has a test of its own: it reads from threads, which see no open transaction.
        asked = [each for each in guesses("comp4551", "hw0") if not each.endswith("/live")]
        asked += shown_files()
        asked.append(f"/c/comp4551/hw/hw0/submissions/?q={quote(PROBE)}&state={quote(PROBE)}")
        asked.append(f"/sign-in/?next={quote(PROBE)}")
        for address, answer in reachable(client, *asked).items():
            head, _, body = answer.partition("\n\n")
            if "text/html" in head:
                found[f"{reader} {address}"] = body
    return found


def shown_files() -> Iterator[str]:
    """Each file of each submission, to look at."""
    for submission in Submission.objects.all():
        for number in range(1, 6):
            yield f"/submissions/{submission.pk}/files/{number}/view"


def test_no_page_has_an_element_or_a_handler_of_a_strangers(pages: dict[str, str]) -> None:
    assert len(pages) > 40
    for address, page in pages.items():
        elements = Elements(page)
        assert "x-probe" not in elements.tags, address
        assert not [name for name, _ in elements.attributes if name.startswith("on")], address
        assert not [value for _, value in elements.attributes if bad(value)], address
        assert all((src or "").startswith("/static/") for src in elements.scripts), address
        assert "style" not in {name for name, _ in elements.attributes}, address


def bad(value: str | None) -> bool:
    """Whether an address in a page would run something, or comes from a stranger's picture."""
    return (value or "").strip().lower().startswith(("javascript:", "vbscript:", "data:text")) or (
        value == "x"
    )


@pytest.mark.parametrize(
    ("reader", "address", "times"),
    [
        ("author", "/c/comp4551/", 3),
        ("author", "/c/comp4551/grades/", 2),
        ("author", "/c/comp4551/hw/hw0/", 5),
        ("ta", "/c/comp4551/hw/hw0/submissions/", 4),
    ],
)
def test_the_probe_is_there_as_text(
    pages: dict[str, str], reader: str, address: str, times: int
) -> None:
    """So the test above has looked where a stranger can write."""
    assert pages[f"{reader} {address}"].count(escape("<x-probe onmouseover=alert(1)>")) >= times


def test_the_report_shows_the_probe_in_each_field_as_text(pages: dict[str, str]) -> None:
    """Title, hints, message, output and notice; for staff the id, traceback and detail."""
    first = Submission.objects.earliest("pk").pk + 1  # the world comes with one
    text = escape("<x-probe onmouseover=alert(1)>")
    told = {reader: pages[f"{reader} /submissions/{first}/"].count(text) for reader in PEOPLE}
    assert told["author"] >= 11
    assert told["ta"] >= told["author"] + 3


def test_nothing_of_a_page_is_taken_for_a_template(pages: dict[str, str]) -> None:
    assert not [
        address for address, page in pages.items() if ">-->49" in page or "--&gt;49" in page
    ]
