"""Questions on a homework's page: asked, filled in, handed in by a form without a script."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from grader.models import Assignment, Course, GradingJob, Membership, Submission
from tests import factories
from tests.assignments.homework import DECLARATION, write_homework
from tests.assignments.questions import ANSWERS
from tests.factories import ON_TIME
from tests.grader.pipeline.road import RIGHT, grade, report
from tests.web.homework_form import browser
from tests.web.reading import main

pytestmark = pytest.mark.django_db

ADDRESS = "/c/comp4551/hw/hw0/"
TOML = DECLARATION.replace("points = 10", "points = 22", 1) + ANSWERS
FIELDS = {
    "answers": "typed",
    "answer-model_bytes": "2.6 GB",
    "answer-zero_memory": "",
    "answer-bound": "b",
    "answer-sharded": ["gradients", "states"],
    "answer-stages-0-0": "2 GB",
    "answer-stages-0-1": "12 GB",
    "answer-stages-1-0": "2 GB",
    "answer-stages-1-1": "",
    "answer-product-0-0": "",
    "answer-product-0-1": "",
    "answer-product-1-0": "",
    "answer-product-1-1": "",
}
TYPED = {
    "model_bytes": "2.6 GB",
    "bound": "b",
    "sharded": ["gradients", "states"],
    "stages": [["2 GB", "12 GB"], ["2 GB", ""]],
}


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def ada(course: Course) -> Membership:
    return factories.membership(course, factories.person("Ada"))


@pytest.fixture
def homework(course: Course, tmp_path: Path) -> Assignment:
    folder = write_homework(tmp_path / "hw0", {"assignment.toml": TOML})
    return factories.assignment(course, "hw0", folder)


def read(member: Membership, minute: int = 0) -> Any:
    with time_machine.travel(ON_TIME + timedelta(minutes=minute), tick=False):
        return browser(member).get(ADDRESS)


def send(
    member: Membership,
    fields: dict[str, Any],
    files: dict[str, bytes] | None = None,
    *,
    minute: int = 0,
    **headers: str,
) -> Any:
    chosen = [SimpleUploadedFile(name, data) for name, data in (files or {}).items()]
    form = {"token": str(uuid4()), **fields, **({"files": chosen} if chosen else {})}
    with time_machine.travel(ON_TIME + timedelta(minutes=minute), tick=False):
        return browser(member).post(ADDRESS, form, headers=headers)


def test_each_kind_is_asked_in_its_way(homework: Assignment, ada: Membership) -> None:
    page = read(ada)
    html, text = page.content.decode(), main(page)

    assert (
        "Back-of-the-envelope numbers 12 points Bytes of the parameters 3 points A model has"
        in text
    )
    assert "A number, with its unit, such as GB, MB or B." in text
    assert "A formula in Psi, N, K, with + - * / ** and brackets." in text
    assert "What bounds decoding 1 point Batch size one. Choose one." in text
    assert "<math" in html
    assert html.count('type="radio"') == 4
    assert html.count('type="checkbox"') == 3
    assert 'aria-label="Memory by stage: stage 1, states"' in html
    assert html.count('form="hand-in-form"') == 18
    assert "0 of 6 questions answered" in text


def test_nothing_on_the_page_says_what_is_right(homework: Assignment, ada: Membership) -> None:
    html = read(ada).content.decode()
    for secret in ("2.6 GB", "2 + 2 + K", "12 GB", "1/3", "Two bytes for", "All three are sharded"):
        assert secret not in html
    assert "checked" not in html.replace('value="" form="hand-in-form" checked', "")


def test_answers_alone_are_handed_in(homework: Assignment, ada: Membership) -> None:
    answer = send(ada, FIELDS)
    submission = Submission.objects.get()

    assert (answer.status_code, answer["Location"]) == (303, f"/submissions/{submission.pk}/")
    assert submission.answers == TYPED
    html = read(ada, 1).content.decode()
    for piece in (
        'value="2.6 GB"',
        'value="b" form="hand-in-form" checked',
        'name="answer-stages-0-1" value="12 GB"',
    ):
        assert piece in html
    assert html.count(" checked") == 3
    text = main(read(ada, 1))
    assert "Bytes of the parameters 3 points right" in text
    assert "Memory by stage 3 points not right" in text
    assert "4 of 6 questions answered" in text
    assert "come along from your submission of Mon 9 Mar 2026, 16:00, which has no code yet" in text


def test_results_are_told_while_the_code_waits(homework: Assignment, ada: Membership) -> None:
    fields = {**FIELDS, "answer-model_bytes": "5.2 GB"}
    address = send(ada, fields, dict(RIGHT))["Location"]
    text = main(browser(ada).get(address))

    assert "Next in the queue." in text
    assert "Back-of-the-envelope numbers 5.25 / 12" in text
    assert "not right Bytes of the parameters 0 / 3 5.2 GB Hint: Two bytes for each" in text
    assert "right What bounds decoding 1 / 1 b: Memory bandwidth" in text
    assert "2 GB | 12 GB 2 GB | - Nothing is written in stage 1, states." in text
    assert "no answer A product 0 / 1" in text
    assert "right is" not in text
    assert "2.6" not in text


def test_the_report_has_them_in_the_end(homework: Assignment, ada: Membership) -> None:
    address = send(ada, FIELDS, dict(RIGHT))["Location"]
    job = GradingJob.objects.get()
    from runners.answers import judged_results

    judged = judged_results(job.version.spec, job.submission.answers or {})
    grade(job.submission, report(*judged))
    text = main(browser(ada).get(address))

    assert "8.25 of 22 points" in text
    assert "right Bytes of the parameters 3 / 3 2.6 GB" in text
    assert browser(ada).get(f"{address}results.json").json()["tests"][0]["id"] == (
        "answers::model_bytes"
    )


def test_what_waits_for_tomorrow_is_not_told(homework: Assignment, ada: Membership) -> None:
    for minute in range(4):
        send(ada, {**FIELDS, "answer-bound": "abca"[minute]}, minute=minute)
    with time_machine.travel(ON_TIME + timedelta(minutes=5), tick=False):
        newest = Submission.objects.latest("pk")
        text = main(browser(ada).get(f"/submissions/{newest.pk}/"))
        page = main(browser(ada).get(ADDRESS))

    assert "Today's graded uploads are used up" in text
    assert "Bytes of the parameters" not in text
    assert "Bytes of the parameters 3 points A model" in page


def test_what_cannot_be_read_is_told_beside_the_question(
    homework: Assignment, ada: Membership
) -> None:
    fields = {**FIELDS, "answer-model_bytes": "2.6 <gb>", "answer-bound": "a"}
    page = send(ada, fields)
    html = page.content.decode()

    assert page.status_code == 422
    assert Submission.objects.count() == 0
    assert "One answer cannot be read, so nothing was handed in yet" in main(page)
    assert "“2.6 <gb>” cannot be read: “<gb>” is not a unit; write GB, MB or B." in main(page)
    assert 'value="2.6 &lt;gb&gt;"' in html
    assert 'value="a" form="hand-in-form" checked' in html
    assert html.count('aria-invalid="true"') == 1


def test_a_script_gets_the_sentences(homework: Assignment, ada: Membership) -> None:
    answer = send(ada, {**FIELDS, "answer-model_bytes": "2.6"}, accept="application/json")

    assert (answer.status_code, answer.json()["answers"]) == (
        422,
        {"model_bytes": "“2.6” has no unit: write it too, such as GB, MB or B."},
    )


def test_the_same_form_twice_is_one_submission(homework: Assignment, ada: Membership) -> None:
    token = str(uuid4())
    first = send(ada, {**FIELDS, "token": token})
    second = send(ada, {**FIELDS, "token": token}, minute=1)
    third = send(ada, {**FIELDS, "token": token, "answer-bound": "c"}, minute=2)

    assert first["Location"] == second["Location"] != third["Location"]
    assert Submission.objects.count() == 2


def test_without_the_questions_a_form_needs_a_file(homework: Assignment, ada: Membership) -> None:
    page = send(ada, {})
    assert page.status_code == 422
    assert "No file was chosen" in main(page)


def test_hostile_fields_are_texts(homework: Assignment, ada: Membership) -> None:
    fields = {
        **FIELDS,
        "answer-model_bytes": "<script>alert(1)</script>",
        "answer-zero_memory": "__import__('os')",
        "answer-nonsense": "1",
        "answer-product-0-0": "9" * 100_000,
    }
    page = send(ada, fields)

    assert page.status_code == 422
    assert "<script>alert" not in page.content.decode()
    assert Submission.objects.count() == 0


def test_other_homeworks_ask_nothing(course: Course, ada: Membership, tmp_path: Path) -> None:
    factories.assignment(course, "hw0", write_homework(tmp_path / "hw0"))
    html = read(ada).content.decode()

    assert "hand-in-form" in html
    assert "data-questions" not in html
    assert 'id="answers"' not in html
