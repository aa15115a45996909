"""Each table is written where the road says, and nowhere else; no stage knows another."""

from __future__ import annotations

import ast
import re

import pytest

from grader import models
from tests.architecture.tree import modules, read
from tests.architecture.writers import writes

MODELS = set(models.__all__)
# The makers of a course's people and dates. All else is the road of a submission.
PEOPLE = {"grader/people.py", "grader/roster.py", "grader/demo/people.py"}
CONTENT = "grader/content.py"
# Takes a person out of every table; nothing but its own command may call it.
ERASER = "grader/erasing.py"
WRITERS: dict[str, set[str]] = {
    "ApiToken": {"grader/api_tokens.py"},
    "Assignment": {
        CONTENT,
        "grader/releases.py",
        "grader/pipeline/regrade.py",
        "grader/rule_changes.py",
    },
    "AssignmentVersion": {"grader/versions.py"},
    "AuditEntry": {
        CONTENT,
        "grader/alerts.py",
        "grader/exports/audit.py",
        "grader/exams.py",
        "grader/lti/accounts.py",
        "grader/lti/columns.py",
        "grader/lti/contexts.py",
        "grader/overrides.py",
        "grader/passback.py",
        "grader/rule_changes.py",
        "grader/slip_days.py",
        "grader/people.py",
        "grader/releases.py",
        "grader/pipeline/extend.py",
        "grader/pipeline/regrade.py",
        "grader/pipeline/retry.py",
        "grader/roster.py",
    },
    "CheckResult": {"grader/pipeline/record.py"},
    "Course": {"grader/rule_changes.py", CONTENT},
    "Extension": {"grader/pipeline/extend.py"},
    "GradeEntry": {"grader/pipeline/publish.py"},
    # Made in one place; each of the others moves it on from one state, by a conditional update.
    "GradingJob": {
        "grader/pipeline/enqueue.py",
        "grader/pipeline/execute.py",
        "grader/pipeline/record.py",
        "grader/pipeline/regrade.py",
        "grader/pipeline/sweep.py",
    },
    "Heartbeat": {"grader/heartbeats.py"},
    "Membership": PEOPLE,
    "Score": {"grader/pipeline/score.py"},
    "Section": PEOPLE,
    "Submission": {"grader/pipeline/intake.py"},
    "SubmissionFile": {"grader/pipeline/intake.py"},
    "User": PEOPLE | {"grader/sign_on.py"},
    "Exam": {CONTENT, "grader/releases.py"},
    "ExamScore": {"grader/exams.py"},
    "ImportDraft": {"grader/drafts.py"},
    "LineItem": {
        "grader/lti/columns.py",
        "grader/lti/sending.py",
    },
    "LtiAccount": {"grader/lti/accounts.py"},
    "LtiContext": {"grader/lti/contexts.py"},
    "LtiDeployment": {"grader/lti/platforms.py"},
    "LtiInvitation": {"grader/lti/registration.py"},
    "LtiKey": {"grader/lti/keys.py"},
    "Message": {"grader/messages.py"},
    "LtiLink": {"grader/lti/contexts.py"},
    "LtiLogin": {"grader/lti/launches.py", "grader/lti/logins.py"},
    "LtiPlatform": {"grader/lti/platforms.py"},
    "Override": {"grader/overrides.py"},
    "Passback": {"grader/lti/comparing.py", "grader/lti/sending.py", "grader/passback.py"},
    "Regrade": {"grader/pipeline/regrade.py"},
    "SlipDays": {"grader/slip_days.py"},
}
STAGES = {"intake", "enqueue", "execute", "record", "score", "publish"}
# Who knows the order of the stages, and which of them it calls.
ORDERS = {
    "hand_in": {"intake", "enqueue"},
    "grade": {"execute", "record", "score", "publish"},
    "extend": {"score", "publish"},
    "regrade": {"enqueue", "score", "publish"},
    "retry": {"enqueue"},
    "sweep": {"enqueue"},
}
ROAD = "grader.pipeline."
DOORS = {"hand_in", "extend", "regrade", "retry"}
"""What `web` may call of the road."""


def test_each_table_has_its_writers() -> None:
    """A second road into a table is found here, and either closed or named."""
    found: dict[str, set[str]] = {model: set() for model in MODELS}
    for name in modules("grader", "web"):
        if not name.startswith(("grader/migrations/", "grader/models/", ERASER)):
            for model in writes(read(name), MODELS):
                found[model].add(name)
    assert found == WRITERS


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("Score.objects.create(raw=1)", {"Score"}),
        ("models.Score.objects.create(raw=1)", {"Score"}),
        ("Score.objects.filter(a=1).order_by('b').update(c=2)", {"Score"}),
        ("Score(raw=1).save()", {"Score"}),
        ("def f():\n    new = Score(raw=1)\n    new.save()", {"Score"}),
        ("def f():\n    rows = Score.objects.filter(a=1)\n    rows.delete()", {"Score"}),
        ("def f(one: Score):\n    one.save()", {"Score"}),
        ("def f(one: Score | None):\n    one.job.delete()", {"Score"}),
        ("def g() -> QuerySet[Score]: ...\ndef f():\n    g().filter(a=1).update(b=2)", {"Score"}),
        ("async def f():\n    await Score.objects.acreate(raw=1)", {"Score"}),
        ("def f(row: Score | User):\n    row.save()", {"Score", "User"}),
        ("Score.objects.filter(a=1).exists()", set()),
        ("def f(x: dict[str, int]):\n    x.update(b=2)", set()),
        ("default_storage.save(name, content)", set()),
    ],
)
def test_the_search_finds_each_way(source: str, found: set[str]) -> None:
    """The rule above is worth what its search finds."""
    assert writes(source, {"Score", "User"}) == found


def test_pages_write_nothing_themselves() -> None:
    """They hand in, and read."""
    assert [name for name in modules("web") if writes(read(name), MODELS)] == []
    called = {stage for name in modules("web") for stage in of_the_road(read(name))}
    assert called <= DOORS


def test_a_person_is_erased_by_one_command_alone() -> None:
    """It removes rows of the road, which nothing else may."""
    rooms = modules("grader", "web")
    users = [
        name
        for name in rooms
        if re.search(r"\berasing\b.*\bimport|import.*\berasing\b", read(name))
    ]
    assert users == ["grader/management/commands/erase_person.py"]


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_no_stage_knows_another(stage: str) -> None:
    """Each reads the table on its left; who calls whom stands in `ORDERS`."""
    assert of_the_road(read(f"grader/pipeline/{stage}.py")) <= {"lease"}


@pytest.mark.parametrize("order", sorted(ORDERS))
def test_the_order_is_known_in_few_places(order: str) -> None:
    """And each knows its own part of it."""
    assert of_the_road(read(f"grader/pipeline/{order}.py")) - {"lease"} == ORDERS[order]


def test_every_file_of_the_road_has_its_place() -> None:
    """A new one is a stage, an order, or what they share."""
    names = {name for name in modules("grader") if name.startswith("grader/pipeline/")}
    known = {*STAGES, *ORDERS, "lease", "__init__"}
    assert names == {f"grader/pipeline/{name}.py" for name in known}


def of_the_road(source: str) -> set[str]:
    """The modules of `grader.pipeline` that a source imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "grader.pipeline":
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(ROAD):
            found.add((node.module or "").removeprefix(ROAD))
        elif isinstance(node, ast.Import):
            found |= {n.name.removeprefix(ROAD) for n in node.names if n.name.startswith(ROAD)}
    return found
