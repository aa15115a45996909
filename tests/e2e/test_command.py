"""The command `sandglass`, as a student uses it: a real service, a real worker, a real terminal."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from assignments.build import write_handout
from assignments.loader import load_assignment
from grader import api_tokens
from grader.api_tokens import Scope
from grader.models import Course, Membership, Submission
from tests import factories
from tests.assignments.homework import write_homework
from tests.chaos.service import running_service
from tests.factories import ROOT
from tests.grader.pipeline.road import RIGHT

pytestmark = [pytest.mark.redis, pytest.mark.bubblewrap]
DAY = timedelta(days=1)


class Terminal:
    """Where a student types: a home of its own, and their files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        names = ("PATH", "PYTHONPATH", "LANG")
        self.environment = {name: os.environ[name] for name in names if name in os.environ}
        self.environment |= {"HOME": str(folder), "PYTHONPATH": str(ROOT), "COLUMNS": "200"}

    def types(self, *words: str, answer: str = "") -> subprocess.CompletedProcess[str]:
        """`sandglass` with these words; `answer` is what it reads."""
        return subprocess.run(
            [sys.executable, "-m", "assignments.client", *words],
            cwd=self.folder,
            env=self.environment,
            input=answer,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module")
def address(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """A service with a course, an open homework, and a worker."""
    folder = tmp_path_factory.mktemp("command")
    with running_service(folder, django_db_blocker, on_postgres=False) as service:
        now, homework = timezone.now(), write_homework(folder / "hw0")
        write_handout(homework, load_assignment(homework))
        factories.assignment(
            factories.course(), "hw0", homework, opens_at=now - DAY, due_at=now + DAY
        )
        service.worker("bubblewrap")
        with service.web() as port:
            yield f"http://127.0.0.1:{port}"


@pytest.fixture
def student(address: str) -> Membership:
    """Somebody of the course."""
    return factories.membership(Course.objects.get())


@pytest.fixture
def token(student: Membership) -> str:
    """A new one of theirs."""
    return api_tokens.make(student.user, "laptop", tuple(Scope), DAY, now=timezone.now()).text


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """With a right solution in it."""
    for name, data in RIGHT.items():
        (tmp_path / name).write_bytes(data)
    return Terminal(tmp_path)


def test_from_login_to_points(
    terminal: Terminal, address: str, student: Membership, token: str
) -> None:
    """The token is kept for its owner alone; each check is told once, and then the points."""
    first = terminal.types("courses")
    assert (first.returncode, first.stdout) == (2, "")
    assert "sandglass login" in first.stderr
    login = terminal.types("login", address, answer=f"{token}\n")
    assert login.returncode == 0, login.stderr
    assert student.user.name in login.stdout
    assert token not in login.stdout
    (kept,) = terminal.folder.rglob("login.json")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    courses = terminal.types("courses").stdout
    assert re.search(r"hw0 +Homework 0 .* is on time +│ missing", courses), courses
    handout = terminal.types("handout", "hw0")
    assert handout.returncode == 0, handout.stderr
    assert (terminal.folder / "hw0" / "question1.py").is_file()
    again = terminal.types("handout", "hw0")
    assert (again.returncode, "--to" in again.stderr) == (2, True)

    done = terminal.types("submit", "hw0", *RIGHT, "--watch")
    assert done.returncode == 0, done.stderr
    made = Submission.objects.get(student=student)
    assert f"Taken as submission {made.pk}" in done.stdout
    assert len(re.findall(r"✓ (?:Adds|Doubles)", done.stdout)) == 3, done.stdout
    assert "10 of 10  On time." in done.stdout
    status = terminal.types("status", str(made.pk))
    assert (status.returncode, "10 of 10" in status.stdout) == (0, True)
    assert "10 of 10" in terminal.types("courses").stdout
    assert terminal.types("logout").returncode == 0
    assert not kept.exists()


def test_what_is_refused_is_told(terminal: Terminal, address: str, token: str) -> None:
    """In the service's words, and by the exit code."""
    wrong = terminal.types("login", address, answer="sandglass_wrong\n")
    assert (wrong.returncode, "/tokens/" in wrong.stderr) == (1, True)
    elsewhere = terminal.types("login", "http://127.0.0.1:9", answer=token)
    assert (elsewhere.returncode, "does not answer" in elsewhere.stderr) == (1, True)
    terminal.environment |= {"SANDGLASS_SERVICE": address, "SANDGLASS_TOKEN": token}
    (terminal.folder / "notes.md").write_text("nothing\n")
    refused = terminal.types("submit", "hw0", "notes.md")
    assert (refused.returncode, "question1.py" in refused.stderr) == (1, True)
    nowhere = terminal.types("submit", "hw99", "notes.md")
    assert (nowhere.returncode, "not yours" in nowhere.stderr) == (1, True)
    missing = terminal.types("submit", "hw0", "nothing.py")
    assert (missing.returncode, "no file nothing.py" in missing.stderr) == (2, True)
    other = terminal.types("status", "987654")
    assert (other.returncode, "not yours" in other.stderr) == (1, True)


def test_it_needs_neither_torch_nor_django(terminal: Terminal) -> None:
    """A student's machine may have neither."""
    code = (
        "import sys, assignments.client.__main__ as c; "
        "sys.exit(bool({'torch', 'django', 'pytest', 'runners'} & sys.modules.keys()))"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, env=terminal.environment, check=False).returncode == 0
