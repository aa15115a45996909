"""The pages of extensions, slip days and rules: looked at first, and refused when that is old."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from grader.domain.lateness import LatePolicy
from grader.models import Assignment, Course, Extension, GradeEntry, SlipDays
from tests import factories
from tests.assignments.homework import write_homework
from tests.large_class import large_class
from tests.web.world import HOUR, World

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small homework."""
    return write_homework(tmp_path_factory.mktemp("rules") / "hw0")


@pytest.fixture
def world(folder: Path) -> World:
    """The author's only counted submission is a day late, and there are two slip days."""
    made = World(folder)
    policy = LatePolicy(rate=Decimal("0.2"), slip_days=2)
    Course.objects.filter(pk=made.course.pk).update(late_policy=policy)
    made.course.refresh_from_db()
    made.homework.refresh_from_db()
    made.people["mate"].student_number = "2101"
    made.people["mate"].save()
    factories.graded(made.homework, made.people["mate"], 5, made.homework.due_at + 3 * DAY)
    return made


def text_of(response: Any) -> str:
    return str(response.content.decode())


def mates(world: World) -> Decimal:
    """The grade of the student who is late."""
    return GradeEntry.objects.get(student=world.people["mate"]).score.final


def form(**fields: Any) -> dict[str, Any]:
    return {
        "who": "student",
        "student": "2101",
        "homeworks": ["hw0"],
        "days": "4",
        "reason": "ill",
        **fields,
    }


def test_granting(world: World) -> None:
    """A TA sees who changes by how much, then grants it; then it is revoked."""
    client, address = world.client("ta"), world.address("extensions")
    Extension.objects.all().delete()
    shown = client.post(address, form())
    assert shown.status_code == 200
    assert not Extension.objects.exists()
    assert "1 up, 0 down of 2 grades" in text_of(shown)
    stale = client.post(address, form(seen="something else"))
    assert (stale.status_code, Extension.objects.count()) == (409, 0)
    before = mates(world)
    assert client.post(address, form(seen=shown.context["seen"])).status_code == 303
    assert mates(world) == 5 > before
    row = Extension.objects.get()
    revoke = world.address("extension-revoke", extension=row.pk)
    seen = client.get(revoke).context["seen"]
    for _ in range(2):
        client.post(revoke, {"seen": seen})
    assert mates(world) == before
    assert "revoked" in text_of(client.get(address))
    assert "It was revoked" in text_of(client.get(revoke))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"student": "9"}, "Nobody in this course has the number"),
        ({"who": "section"}, "Choose a section."),
        ({"who": ""}, "This field is required."),
        ({"homeworks": []}, "This field is required."),
        ({"until": "2030-01-01T10:00"}, "Write either until when, or for how many days."),
        ({"days": "", "until": "soon"}, "“soon” is no time"),
        ({"days": "", "until": "2030-01-01T10:00Z"}, "without another one"),
        ({"days": "0"}, "greater than or equal to 1"),
        ({"days": "", "until": "2001-01-01T10:00"}, "already. Choose a later time."),
        ({"days": "", "until": "9999-12-31T23:59"}, ""),
        ({"reason": ""}, "This field is required."),
        ({"reason": "x" * 501}, "at most 500 characters"),
    ],
)
def test_what_cannot_be_granted(world: World, wrong: dict[str, Any], why: str) -> None:
    """Beside the field, and what was typed stays."""
    before = Extension.objects.count()
    answer = world.client("ta").post(world.address("extensions"), form(**wrong))
    assert answer.status_code == (422 if why else 200)
    assert why in text_of(answer)
    if "reason" not in wrong:
        assert 'value="ill"' in text_of(answer)
    assert Extension.objects.count() == before


def test_a_file_of_extensions(world: World) -> None:
    """Sent, looked at, granted once."""
    client, address = world.client("ta"), world.address("extension-import")
    Extension.objects.all().delete()
    file = SimpleUploadedFile("e.csv", b"number,homework,days,reason\n2101,hw0,4,ill\n")
    sent = client.post(address, {"file": file})
    assert sent.status_code == 303
    preview = client.get(sent["Location"])
    assert "1 up, 0 down" in text_of(preview)
    fields = {"draft": preview.context["draft"].pk, "seen": preview.context["seen"]}
    assert client.post(address, fields).status_code == 303
    assert client.post(address, fields).status_code == 409
    assert Extension.objects.count() == 1
    assert mates(world) == 5
    assert world.client("lect").get(sent["Location"]).status_code == 404
    bad = SimpleUploadedFile("e.csv", b"number,homework,days,reason\n1,hw0,4,ill\n")
    assert "Line 2: nobody" in text_of(client.post(address, {"file": bad}))


def test_slip_days_of_a_student(world: World) -> None:
    """Told before, declared, and within the budget; staff may set them after the release."""
    Extension.objects.all().delete()
    client, address = world.client("mate"), world.address("homework-slip-days")
    page = text_of(client.get(world.address("homework")))
    assert "2 days: " in page
    before = mates(world)
    assert client.post(address, {"days": "2"}).status_code == 303
    assert mates(world) == before + 2  # 2 of 3 days, of 5 points
    for wrong in ("3", "-1", "x", "", "9" * 9):
        assert client.post(address, {"days": wrong}).status_code == 422
    Assignment.objects.update(released_at=timezone.now())
    assert "released" in text_of(client.post(address, {"days": "0"}))
    assert SlipDays.objects.count() == 1
    staff = world.client("ta")
    fields = {"student": "2101", "homework": "hw0", "days": "1"}
    shown = staff.post(world.address("slip-days"), fields)
    assert "1 slip day on" in text_of(shown)
    assert SlipDays.objects.count() == 1
    fields["confirmed"] = "yes"
    assert staff.post(world.address("slip-days"), fields).status_code == 303
    assert SlipDays.objects.latest("pk").author == world.people["ta"].user
    assert staff.post(world.address("slip-days"), {**fields, "days": "3"}).status_code == 422


def policy(**fields: Any) -> dict[str, Any]:
    return {
        "rate": "10",
        "period_hours": "24",
        "grace_minutes": "0",
        "floor": "0",
        "cutoff_days": "",
        "basis": "earned",
        "counted": "best",
        "slip_days": "2",
        **fields,
    }


def test_a_policy(world: World) -> None:
    """Looked at in every order, put in force as it was seen."""
    Extension.objects.all().delete()
    client, address = world.client("lect"), world.address("policy")
    for sort in ("name", "-change", "now", "then", "nothing"):
        shown = client.get(address, policy(sort=sort))
        assert shown.status_code == 200
    assert "1 grade up, 0 grades down" in text_of(shown)
    before = mates(world)
    assert client.post(address, policy(seen="old")).status_code == 409
    for wrong in ({"rate": "101"}, {"rate": "NaN"}, {"period_hours": "0"}, {"basis": "x"}):
        assert client.get(address, policy(**wrong)).status_code == 422
    assert mates(world) == before
    assert client.post(address, policy(seen=shown.context["seen"])).status_code == 303
    assert mates(world) > before
    assert "This is the policy that is in force." in text_of(client.get(address, policy()))


def test_a_deadline(world: World) -> None:
    """The same; and none before the homework opens."""
    Extension.objects.all().delete()
    client, address = world.client("lect"), world.address("deadline")
    later = (world.homework.due_at + 4 * DAY).astimezone(world.course.zone)
    due = f"{later:%Y-%m-%dT%H:%M}"
    shown = client.get(address, {"due": due})
    assert "1 grade up, 0 grades down" in text_of(shown)
    assert client.post(address, {"due": due, "seen": "old"}).status_code == 409
    for wrong in ("", "soon", "2001-01-01T00:00"):
        assert client.get(address, {"due": wrong}).status_code == 422
    assert client.post(address, {"due": due, "seen": shown.context["seen"]}).status_code == 303
    assert mates(world) == 5


def test_a_large_class(django_assert_max_num_queries: Any) -> None:
    """As many queries for a class as for one student."""
    course = large_class(60)
    lect = course.memberships.get(role="instructor").user
    homework = course.assignments.all()[0]
    Extension.objects.bulk_create(
        Extension(
            assignment=homework,
            student=student,
            due_at=homework.due_at + HOUR,
            reason="ill",
            author=lect,
        )
        for student in course.memberships.filter(role="student")
    )
    client = Client()
    client.force_login(lect)
    for address, most in (
        ("extensions/", 14),
        ("policy/?" + "&".join(f"{k}={v}" for k, v in policy().items()), 34),
    ):
        with django_assert_max_num_queries(most):
            assert client.get(f"/c/{course.slug}/{address}").status_code == 200
