"""The lines of the log, as a process of production writes them and as a developer reads them."""

from __future__ import annotations

import json
import logging
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from grader import logs
from tests.grader.test_settings import PRODUCTION, manage

SAYS = """
import logging
from types import SimpleNamespace
from grader import logs
log = logging.getLogger("grader.somewhere")
with logs.about(submission=7, job=9):
    with logs.about(attempt=2):
        log.info("one\\n{\\"level\\": \\"forged\\"}\\r\\x1b[31m", extra={"answer": "a student's"})
    logs.note(lane="bulk")
    try:
        raise ValueError("of the mail: a-word-that-is-secret")
    except ValueError:
        log.exception("the keys are %s", settings.SECRET_KEY)
log.warning("no ids here")
reset = SimpleNamespace(path="/password-reset/MQ/a-token/", resolver_match=None)
asked = logging.getLogger("django.request")
asked.error("Service Unavailable: %s", reset.path, extra={"request": reset})
"""


def lines_of(process: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """What it has logged; whatever is no JSON fails here."""
    assert process.returncode == 0, process.stderr
    return [json.loads(line) for line in process.stderr.splitlines()]


def test_production_logs_objects_with_ids_and_without_secrets(tmp_path: Path) -> None:
    mail = "smtp://name:a-word-that-is-secret@mail.example.edu"
    script = "from django.conf import settings\n" + SAYS
    done = manage(tmp_path, "shell", "-v", "0", "-c", script, **PRODUCTION, SANDGLASS_MAIL_URL=mail)
    first, second, third, fourth = lines_of(done)
    assert {name: first[name] for name in first if name != "time"} == {
        "level": "INFO",
        "logger": "grader.somewhere",
        "message": 'one\n{"level": "forged"}\r\x1b[31m',
        "submission": 7,
        "job": 9,
        "attempt": 2,
    }
    assert first["time"].endswith("+00:00")
    assert second["message"] == "the keys are ***"
    assert (second["job"], second["lane"], "attempt" in second) == (9, "bulk", False)
    assert second["exception"].endswith("ValueError: of the mail: ***")
    assert set(third) == {"time", "level", "logger", "message"}
    assert fourth["message"] == "Service Unavailable: an address of nothing"
    assert "a-word-that-is-secret" not in done.stderr
    assert PRODUCTION["SANDGLASS_SECRET_KEY"] not in done.stderr


def record(message: str, *words: Any, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("grader.x", logging.INFO, __file__, 1, message, words, info)


def test_text_is_one_line_whatever_is_in_it() -> None:
    """Nobody forges a second one, by a message, an id or an exception."""
    with logs.about(job="1\n2"):
        line = logs.TextLines().format(record("a%sb\u2028c", "\n2026-01-01 INFO grader.x forged"))
    assert line.endswith(r"INFO grader.x a\n2026-01-01 INFO grader.x forgedb\u2028c job=1\n2")
    assert line.splitlines() == [line]


def test_the_lines_of_an_exception_are_set_off() -> None:
    error = ValueError("\n2026-01-01 INFO grader.x forged\x1b[0m")
    first, *others = logs.TextLines().format(record("it broke", error=error)).split("\n")
    assert first.endswith("INFO grader.x it broke")
    assert others[-1] == r"  | 2026-01-01 INFO grader.x forged\x1b[0m"
    assert all(line.startswith("  | ") for line in others)


def test_a_request_is_named_by_its_route() -> None:
    """The address that resets a password is a key to the account."""
    asked = record("Internal Server Error: %s", "/password-reset/MQ/a-token/")
    route = SimpleNamespace(route="password-reset/<uidb64>/<token>/")
    asked.request = SimpleNamespace(path="/password-reset/MQ/a-token/", resolver_match=route)
    line = logs.TextLines().format(asked)
    assert line.endswith("Internal Server Error: /password-reset/<uidb64>/<token>/")


def test_a_long_text_is_cut() -> None:
    assert len(logs.TextLines().format(record("x" * 100_000))) < 20_000


def test_ids_end_with_their_block() -> None:
    with logs.about(job=1):
        with logs.about(attempt=1):
            logs.note(lane="gpu")
            assert logs.told() == {"job": 1, "attempt": 1, "lane": "gpu"}
        assert logs.told() == {"job": 1}
    logs.note(job=2)
    assert logs.told() == {}


def test_a_worker_logs_the_same_objects(tmp_path: Path) -> None:
    """Celery has a form of its own, which it does not use here: its lines are ours."""
    script = (
        "import logging\n"
        "from grader.celery import app\n"
        "app.log.setup(loglevel='INFO')\n"
        "logging.getLogger('celery.worker').info('ready')\n"
        "logging.getLogger('celery.task').error('gone')\n"
    )
    done = manage(tmp_path, "shell", "-v", "0", "-c", script, **PRODUCTION)
    said = [(line["logger"], line["message"]) for line in lines_of(done)]
    assert said == [("celery.worker", "ready"), ("celery.task", "gone")]


def test_a_wrong_form_stops_the_start(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", **PRODUCTION, SANDGLASS_LOG="yaml")
    assert done.returncode != 0
    assert "SANDGLASS_LOG is 'yaml'; write one of json, text" in done.stderr


def test_a_developer_reads_text(tmp_path: Path) -> None:
    done = manage(tmp_path, "shell", "-v", "0", "-c", "import logging as l; l.warning('hello')")
    assert done.stderr.endswith("WARNING root hello\n")
