"""What programs may see and do: by a token, within its scopes, and only what is its owner's."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from limits import parse

from grader import api_tokens
from grader.api_tokens import Scope
from grader.domain.states import Role
from grader.erasing import erase
from grader.exports.person import own_data
from grader.models import ApiToken, Assignment, GradingJob, Membership, Submission
from tests import factories
from tests.grader.pipeline.road import RIGHT, grade, upload
from tests.web.api.conftest import ask, token

pytestmark = pytest.mark.django_db
SUBMIT = "/courses/comp4551/homeworks/hw0/submissions"
ADDRESSES = ("/me", "/courses/comp4551", "/courses/comp4551/homeworks/hw0/handout.zip")


def files() -> dict[str, list[SimpleUploadedFile]]:
    """A right solution, as a form carries it."""
    return {"files": [SimpleUploadedFile(name, data) for name, data in RIGHT.items()]}


@pytest.mark.parametrize(
    "text", [None, "", "sandglass_nobody", "Bearer", "x" * 5000, "sandglass_\0"]
)
@pytest.mark.parametrize("address", [*ADDRESSES, "/submissions/1", "/submissions/1/results"])
def test_without_a_token_nothing_is_told(homework: Assignment, address: str, text: str) -> None:
    answer = ask("GET", address, text)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert "/tokens/" in answer.json()["error"]


def test_a_session_is_no_token(ada: Membership) -> None:
    """Else another site's form could use it."""
    client = Client()
    client.force_login(ada.user)
    assert client.get("/api/v1/me").status_code == 401
    assert client.post(f"/api/v1{SUBMIT}", files()).status_code == 401


def test_a_token_opens_no_page(ada: Membership) -> None:
    text = token(ada.user)
    answer = Client().get("/c/comp4551/", headers={"authorization": f"Bearer {text}"})
    assert answer.status_code == 302


def test_one_that_was_taken_back_or_is_old_or_whose_owner_is_gone(ada: Membership) -> None:
    text = token(ada.user)
    assert ask("GET", "/me", text).status_code == 200
    ApiToken.objects.update(expires_at=timezone.now())
    assert ask("GET", "/me", text).status_code == 401
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(days=1))
    ada.user.is_active = False
    ada.user.save()
    assert ask("GET", "/me", text).status_code == 401
    ada.user.is_active = True
    ada.user.save()
    assert api_tokens.revoke(ada.user, ApiToken.objects.get().pk, now=timezone.now())
    assert ask("GET", "/me", text).status_code == 401


def test_its_text_is_kept_nowhere(ada: Membership) -> None:
    text = token(ada.user)
    row = ApiToken.objects.values().get()
    assert text not in str(row)
    assert text.removeprefix("sandglass_") not in str(row)


def test_it_is_told_with_all_that_is_held_of_a_person_and_goes_with_them(ada: Membership) -> None:
    text = token(ada.user)
    data = json.loads(dict(own_data(ada.user, timezone.now()))["data.json"])
    assert [one["name"] for one in data["account"]["tokens"]] == ["tests"]
    erase(ada.user, [])
    assert ask("GET", "/me", text).status_code == 401
    assert not ApiToken.objects.exists()


def test_scopes_are_kept_apart(ada: Membership) -> None:
    reads, submits = token(ada.user, Scope.READ), token(ada.user, Scope.SUBMIT)
    refused = ask("POST", SUBMIT, reads, data=files())
    assert refused.status_code == 403
    assert "scope submit" in refused.json()["detail"]
    assert ask("GET", "/courses/comp4551", submits).status_code == 403
    assert ask("GET", "/me", submits).json()["scopes"] == ["submit"]
    assert not Submission.objects.exists()


def test_who_and_which_courses(ada: Membership) -> None:
    told = ask("GET", "/me", token(ada.user)).json()
    assert (told["name"], told["email"]) == ("Ada", "ada@example.edu")
    assert [(one["slug"], one["role"]) for one in told["courses"]] == [("comp4551", "student")]


def test_a_course_and_its_homeworks(ada: Membership) -> None:
    told = ask("GET", "/courses/comp4551", token(ada.user)).json()
    (row,) = told["homeworks"]
    assert (row["slug"], row["stage"], row["standing"]) == ("hw0", "open", "missing")
    assert (row["points"], row["keeps"], row["late_days"]) == ("10.00", "1.00", 0)


def test_the_road_of_an_upload(ada: Membership) -> None:
    """Handed in, graded, and read: all by programs."""
    text = token(ada.user)
    taken = ask("POST", SUBMIT, text, data=files())
    assert taken.status_code == 201, taken.content
    pk = taken.json()["id"]
    waiting = ask("GET", f"/submissions/{pk}", text).json()
    assert (waiting["state"], waiting["active"], waiting["score"]) == ("queued", True, None)
    assert ask("GET", f"/submissions/{pk}/results", text).status_code == 404
    grade(Submission.objects.get())
    done = ask("GET", f"/submissions/{pk}", text).json()
    assert (done["state"], done["active"], done["counted"]) == ("done", False, True)
    assert (done["score"]["final"], done["score"]["possible"]) == ("10.00", "10.00")
    assert done["page"].endswith(f"/submissions/{pk}/")
    assert ask("GET", f"/submissions/{pk}/results", text).json()["score"] == 10


def test_sent_twice_it_is_one(ada: Membership) -> None:
    text, key = token(ada.user), str(uuid4())
    first = ask("POST", SUBMIT, text, data=files(), headers={"idempotency-key": key})
    again = ask("POST", SUBMIT, text, data=files(), headers={"idempotency-key": key})
    assert first.json() == again.json()
    other = ask("POST", SUBMIT, text, data=files())
    assert other.json()["id"] != first.json()["id"]
    assert Submission.objects.count() == 2


def test_bad_uploads_are_told_and_not_taken(ada: Membership) -> None:
    text = token(ada.user)
    nothing = ask("POST", SUBMIT, text)
    assert nothing.status_code == 422
    wrong = ask("POST", SUBMIT, text, data={"files": [SimpleUploadedFile("a.png", b"x")]})
    assert wrong.status_code == 422
    assert "question1.py" in wrong.json()["error"]
    empty = ask("POST", SUBMIT, text, data={"files": [SimpleUploadedFile("question1.py", b"")]})
    assert "is empty" in empty.json()["error"]
    assert not Submission.objects.exists()


def test_nobody_elses_is_seen(ada: Membership, homework: Assignment) -> None:
    """Not by a classmate, nor by staff of another course, nor by who has left; by staff it is."""
    made = upload(homework, ada, timezone.now())
    grade(made)
    mate = factories.membership(homework.course)
    other = factories.membership(factories.course("comp1001"), role=Role.INSTRUCTOR)
    gone = factories.membership(homework.course, active=False)
    for reader in (mate, other, gone):
        text = token(reader.user)
        missing = ask("GET", "/submissions/987654", text)
        for part in ("", "/results", "/events"):
            answer = ask("GET", f"/submissions/{made.pk}{part}", text)
            assert (answer.status_code, answer.json()) == (404, missing.json())
    for reader in (other, gone):
        assert ask("GET", "/courses/comp4551", token(reader.user)).status_code == 404
        assert ask("POST", SUBMIT, token(reader.user), data=files()).status_code == 404
    helper = factories.membership(homework.course, role=Role.TA)
    assert ask("GET", f"/submissions/{made.pk}", token(helper.user)).status_code == 200


def test_hidden_checks_stay_hidden(ada: Membership, homework: Assignment) -> None:
    """The results are those that the page shows, and no more."""
    made = upload(homework, ada, timezone.now())
    grade(made)
    told = ask("GET", f"/submissions/{made.pk}/results", token(ada.user)).content.decode()
    client = Client()
    client.force_login(ada.user)
    page = client.get(f"/submissions/{made.pk}/results.json").content.decode()
    assert told == page
    assert "test_random" not in told


def test_very_many_requests_are_too_many(ada: Membership, settings: object) -> None:
    settings.SANDGLASS_LIMITS = {**settings.SANDGLASS_LIMITS, "api": parse("2/minute")}  # type: ignore[attr-defined]
    text = token(ada.user)
    answers = [ask("GET", "/me", text) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1]["Retry-After"]) >= 1
    assert answers[-1].json()["retry_after"] >= 1


def test_an_upload_that_has_to_wait_keeps_its_arrival(
    ada: Membership, homework: Assignment, settings: object
) -> None:
    settings.SANDGLASS_LIMITS = {**settings.SANDGLASS_LIMITS, "upload": parse("1/hour")}  # type: ignore[attr-defined]
    text, key = token(ada.user), str(uuid4())
    ask("POST", SUBMIT, text, data=files())
    refused = ask("POST", SUBMIT, text, data=files(), headers={"idempotency-key": key})
    assert refused.status_code == 429
    before = timezone.now()
    sent = {**files(), "ticket": refused.json()["ticket"]}
    settings.SANDGLASS_LIMITS = {**settings.SANDGLASS_LIMITS, "upload": parse("99/hour")}  # type: ignore[attr-defined]
    taken = ask("POST", SUBMIT, text, data=sent, headers={"idempotency-key": key})
    assert Submission.objects.get(pk=taken.json()["id"]).received_at < before


def test_the_document_names_every_address() -> None:
    answer = Client().get("/api/v1/openapi.json")
    told = json.loads(answer.content)
    assert told["info"]["title"] == "Sandglass"
    assert set(told["paths"]) == {
        "/api/v1/me",
        "/api/v1/courses/{slug}",
        "/api/v1/courses/{slug}/homeworks/{homework}/handout.zip",
        "/api/v1/courses/{slug}/homeworks/{homework}/submissions",
        "/api/v1/submissions/{pk}",
        "/api/v1/submissions/{pk}/results",
        "/api/v1/submissions/{pk}/events",
    }
    assert not GradingJob.objects.exists()
