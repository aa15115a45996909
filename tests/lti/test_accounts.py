"""Who a platform's user is here: by the roll or by their own word, and by nothing else."""

from __future__ import annotations

import pytest

from grader.models import LtiAccount, LtiContext, LtiLink, User
from tests.lti.beside import PlatformBeside
from tests.lti.campus import Browser, Campus, manage, sign_in, who
from tests.web.reading import main

pytestmark = pytest.mark.django_db
HW1 = "/c/comp4551/hw/hw1/"
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"


@pytest.fixture
def campus(canvas: PlatformBeside) -> Campus:
    return Campus(canvas)


def test_the_second_time_nobody_is_asked(campus: Campus) -> None:
    campus.connect()
    for _ in range(2):
        ada = Browser()
        assert ada.get(ada.open(campus.beside, "101")["Location"]).status_code == 302
        assert who(ada) == campus.ada.user.pk
    assert LtiAccount.objects.count() == 1


def test_an_address_alone_links_nobody(campus: Campus) -> None:
    """The platform says Bo's address of a user whose number is on no roll."""
    campus.connect()
    campus.beside.admin("person", sub="900", name="Bo Chen", email=campus.bo.user.email)
    browser = Browser()
    there = browser.open(campus.beside, "900")["Location"]
    assert browser.get(there)["Location"] == f"/sign-in/?next={there}"
    assert not LtiAccount.objects.exists()


@pytest.mark.parametrize("number", ["$Person.sourcedId", "", "20000009"])
def test_a_number_that_says_nobody_links_nobody(campus: Campus, number: str) -> None:
    campus.connect()
    campus.bo.student_number = "$Person.sourcedId"
    campus.bo.save()
    campus.beside.admin("person", sub="900", name="X", number=number)
    Browser().open(campus.beside, "900")
    assert not LtiAccount.objects.exists()


def test_a_number_makes_nobody_staff(campus: Campus) -> None:
    """Not of this course, and not of another in which the student helps."""
    campus.connect()
    campus.tutor.student_number = "20000009"
    campus.tutor.save()
    campus.beside.admin("person", sub="900", name="Tess", number="20000009")
    Browser().open(campus.beside, "900")
    assert not LtiAccount.objects.exists()


def test_the_roll_of_an_unconnected_course_links_nobody(campus: Campus) -> None:
    Browser().open(campus.beside, "101")
    assert not LtiAccount.objects.exists()


def test_roles_of_a_platform_give_no_power_here(campus: Campus) -> None:
    """A platform's instructor who is a student here stays one."""
    campus.connect()
    campus.beside.admin("person", sub="101", name="Ada", number="20000001", role="Instructor")
    browser = Browser()
    there = browser.open(campus.beside, "101")["Location"]
    assert browser.post(there, {"homework": "hw1"}).status_code == 302
    assert not LtiLink.objects.exists()
    assert browser.get(there)["Location"] == "/c/comp4551/"
    assert browser.get("/c/comp4551/grading/").status_code == 404


def test_the_session_is_a_new_one(campus: Campus) -> None:
    """What somebody planted before is not what the person is signed in by."""
    campus.connect()
    browser = Browser()
    sign_in(browser, campus.bo.user)
    before = browser.cookies["sessionid"].value
    browser.open(campus.beside, "101")
    assert who(browser) == campus.ada.user.pk
    assert browser.cookies["sessionid"].value != before
    linking = Browser()
    sign_in(linking, campus.bo.user)
    there = linking.open(campus.beside, "102")["Location"]
    before = linking.cookies["sessionid"].value
    linking.post(there, {"act": "link"})
    assert linking.cookies["sessionid"].value != before


def test_one_account_here_is_one_user_there(campus: Campus) -> None:
    campus.connect()
    browser = Browser()
    sign_in(browser, campus.bo.user)
    browser.post(browser.open(campus.beside, "102")["Location"], {"act": "link"})
    sign_in(browser, campus.bo.user)
    refused = browser.post(browser.open(campus.beside, "103")["Location"], {"act": "link"})
    assert refused.status_code == 409
    assert "linked to another user" in main(refused)
    said = manage("unlink", str(campus.platform.pk), campus.bo.user.email)
    assert (said, LtiAccount.objects.count()) == ("1 links were removed.\n", 0)


def test_somebody_else_may_sign_in_instead(campus: Campus) -> None:
    campus.connect()
    browser = Browser()
    sign_in(browser, campus.bo.user)
    there = browser.open(campus.beside, "103")["Location"]
    assert browser.post(there, {"act": "other"})["Location"] == f"/sign-in/?next={there}"
    assert who(browser) is None


def test_who_is_not_on_the_roll_is_told_so(campus: Campus) -> None:
    context = campus.connect()
    browser = Browser()
    sign_in(browser, campus.bo.user)
    browser.post(browser.open(campus.beside, "102")["Location"], {"act": "link"})
    campus.bo.active = False
    campus.bo.save()
    page = browser.get(browser.open(campus.beside, "102")["Location"])
    assert "You are not on the roll" in main(page)
    LtiContext.objects.filter(pk=context.pk).update(course=None)
    page = browser.get(browser.open(campus.beside, "102")["Location"])
    assert "This course is not connected yet" in main(page)
    User.objects.filter(pk=campus.bo.user.pk).update(is_active=False)
    assert "account here is closed" in main(browser.open(campus.beside, "102"))
