"""A launch from the click to the page, with a platform beside: who comes, and where they land."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError
from django.utils import timezone

from grader.lti import columns, logins, platform_keys
from grader.models import AuditEntry, LineItem, LtiAccount, LtiContext, LtiLink, LtiLogin
from tests import factories
from tests.factories import PASSWORD
from tests.lti.beside import PlatformBeside
from tests.lti.campus import Browser, Campus, manage, register, sign_in, who
from tests.web.reading import main

pytestmark = pytest.mark.django_db
HW1 = "/c/comp4551/hw/hw1/"
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"


@pytest.fixture
def campus(canvas: PlatformBeside) -> Campus:
    return Campus(canvas)


def test_a_term_begins(platform: PlatformBeside) -> None:
    """The instructor connects the course and the link; then students land on their homework."""
    campus, teacher = Campus(platform), Browser()
    arrived = teacher.open(platform, "301")
    here = arrived["Location"]
    assert teacher.get(here)["Location"] == f"/sign-in/?next={here}"
    credentials = {"username": campus.lecturer.user.email, "password": PASSWORD, "next": here}
    assert teacher.post("/sign-in/", credentials)["Location"] == here

    assert "Ines Instructor" in main(teacher.get(here))
    teacher.post(here, {"act": "link"})
    assert "Which course is this?" in main(teacher.get(here))
    teacher.post(here, {"course": "comp4551"})
    assert "Where does this link lead?" in main(teacher.get(here))
    teacher.post(here, {"homework": "hw1"})
    assert teacher.get(here)["Location"] == HW1

    context = LtiContext.objects.get()
    assert (context.course, context.title) == (campus.course, "Large-Scale Machine Learning")
    assert context.line_items_url == platform.items_url
    assert context.memberships_url == platform.members_url
    assert "https://purl.imsglobal.org/spec/lti-ags/scope/score" in context.scopes
    column = LineItem.objects.get()
    assert (column.assignment, column.url) == (campus.homework, platform.item_url())
    assert list(AuditEntry.objects.values_list("action", "actor").order_by("pk")) == [
        ("lti.context.connect", campus.lecturer.user.pk),
        ("lti.link.aim", campus.lecturer.user.pk),
        ("lti.column.connect", campus.lecturer.user.pk),
    ]

    # By the number on the roll at once; by their own word where the roll says none.
    ada, bo = Browser(), Browser()
    there = ada.open(platform, "101")["Location"]
    assert ada.get(there)["Location"] == HW1
    assert who(ada) == campus.ada.user.pk
    assert ada.get(HW1).status_code == 200

    sign_in(bo, campus.bo.user)
    asked = bo.open(platform, "102")["Location"]
    page = main(bo.get(asked))
    assert "Is this you?" in page
    assert campus.bo.user.email in page
    bo.post(asked, {"act": "link"})
    assert bo.get(asked)["Location"] == HW1
    assert set(LtiAccount.objects.values_list("subject", "user")) == {
        ("101", campus.ada.user.pk),
        ("102", campus.bo.user.pk),
        ("301", campus.lecturer.user.pk),
    }


def test_a_link_says_its_homework_itself(campus: Campus) -> None:
    """And is believed anew when it says another; one that is not open yet leads to the course."""
    campus.connect()
    link = {"title": "Homework 1", "custom": {"assignment": "hw1"}, "item": "11"}
    campus.beside.admin("link", name="link-1", **link)
    browser = Browser()
    assert browser.get(browser.open(campus.beside, "101")["Location"])["Location"] == HW1
    assert LineItem.objects.get().assignment == campus.homework
    campus.beside.admin("link", name="link-1", **{**link, "custom": {"assignment": "hw2"}})
    there = browser.open(campus.beside, "101")["Location"]
    assert browser.get(there)["Location"] == "/c/comp4551/"
    assert "is not open yet" in main(browser.get("/c/comp4551/"))
    assert LineItem.objects.get().assignment == campus.later


def test_a_column_that_was_gone_is_there_again(campus: Campus) -> None:
    context = campus.connect()
    LtiLink.objects.create(context=context, resource_link_id="link-1", assignment=campus.homework)
    LineItem.objects.create(
        context=context,
        url=campus.beside.item_url(),
        assignment=campus.homework,
        gone_at=timezone.now(),
    )
    Browser().open(campus.beside, "101")
    assert LineItem.objects.get().gone_at is None


def test_what_staff_decided_about_a_column_holds(campus: Campus) -> None:
    """A launch names it again and again; until somebody decides, it goes where the link leads."""
    context = campus.connect()
    link = {"title": "Homework 1", "custom": {"assignment": "hw1"}, "item": "11"}
    campus.beside.admin("link", name="link-1", **link)
    Browser().open(campus.beside, "101")
    column = LineItem.objects.get()
    columns.disconnect(column, actor=campus.lecturer.user, now=timezone.now())
    Browser().open(campus.beside, "101")
    assert LineItem.objects.get().gone_at is not None

    columns.follow_launch(context, campus.later, column.url, actor=campus.lecturer.user)
    Browser().open(campus.beside, "101")
    column = LineItem.objects.get()
    assert (column.assignment, column.gone_at) == (campus.later, None)


def test_a_course_that_was_connected_wrongly(campus: Campus) -> None:
    """The operator undoes it: nothing is sent there, and the next launch asks again."""
    context = campus.connect()
    link = {"title": "Homework 1", "custom": {"assignment": "hw1"}, "item": "11"}
    campus.beside.admin("link", name="link-1", **link)
    Browser().open(campus.beside, "101")
    told = f"    {context.pk}  Large-Scale Machine Learning is comp4551"
    assert told in manage("show", str(campus.platform.pk)).splitlines()
    manage("disconnect", str(context.pk))
    assert not LtiLink.objects.exists()
    assert LineItem.objects.get().gone_at is not None
    assert AuditEntry.objects.latest("pk").action == "lti.context.disconnect"
    ada = Browser()
    assert "not connected yet" in main(ada.get(ada.open(campus.beside, "101")["Location"]))
    with pytest.raises(CommandError, match="No connected course"):
        manage("disconnect", str(context.pk))


def test_staff_look_at_a_submission_from_the_platforms_own_page(campus: Campus) -> None:
    """A teacher in the platform's page of grades; a student by the same way sees the homework."""
    context = campus.connect()
    LtiLink.objects.create(context=context, resource_link_id="link-1", assignment=campus.homework)
    for subject, member in (("301", campus.lecturer), ("101", campus.ada)):
        LtiAccount.objects.create(platform=campus.platform, subject=subject, user=member.user)

    def looks(user: str, at: str) -> str:
        review = {
            f"{CLAIM}message_type": "LtiSubmissionReviewRequest",
            f"{CLAIM}for_user": {"user_id": at},
        }
        campus.beside.admin("world", change={"claims": review})
        browser = Browser()
        place: str = browser.get(browser.open(campus.beside, user)["Location"])["Location"]
        return place

    assert looks("301", "101") == f"{HW1}submissions/"
    factories.submission(campus.homework, campus.ada)
    newest = factories.submission(campus.homework, campus.ada)
    assert looks("301", "101") == f"/submissions/{newest.pk}/"
    assert looks("301", "102") == f"{HW1}submissions/"
    assert looks("101", "301") == HW1


def test_a_launch_that_ends_in_a_frame_asks_for_a_tab(campus: Campus) -> None:
    """An old browser did not say at the login that it is a frame."""
    campus.connect()
    browser = Browser()
    message = browser.message(browser.begin(campus.beside, "101"))
    page = browser.post("/lti/launch", message, headers={"Sec-Fetch-Dest": "iframe"})
    assert "opens in a tab of its own" in main(page)
    assert "sessionid" not in page.cookies


def test_two_deadlines_are_told_to_staff(campus: Campus) -> None:
    """Canvas' own late policy would deduct once more."""
    campus.connect()
    custom = {"assignment": "hw1", "due_at": "2026-03-10T15:59:00Z"}
    campus.beside.admin("link", name="link-1", title="Homework 1", custom=custom)
    for user, member, told in (("301", campus.lecturer, True), ("102", campus.bo, False)):
        browser = Browser()
        sign_in(browser, member.user)
        there = browser.open(campus.beside, user)["Location"]
        browser.post(there, {"act": "link"})
        page = main(browser.get(there, follow=True))
        assert ("has a due date of its own" in page) is told


def test_several_platforms_and_deployments_at_once(
    canvas: PlatformBeside, moodle: PlatformBeside
) -> None:
    """The same user id is another person on each platform, and links are not mixed up."""
    campus = Campus(canvas)
    other = register(moodle, "another client", "3", "4")
    moodle.admin("tool", client_id="another client", deployment_id="4")
    first, second = campus.connect(), None
    one, two = Browser(), Browser()
    begun = one.begin(canvas, "101"), two.begin(moodle, "101")
    messages = one.message(begun[0]), two.message(begun[1])
    assert two.post("/lti/launch", messages[1]).status_code == 302
    assert one.post("/lti/launch", messages[0]).status_code == 302
    second = LtiContext.objects.exclude(pk=first.pk).get()
    assert (second.deployment.platform, second.deployment.deployment_id) == (other, "4")
    assert second.course is None
    assert [row.platform for row in LtiAccount.objects.all()] == [campus.platform]
    assert (who(one), who(two)) == (campus.ada.user.pk, None)

    # One issuer, two schools: the client id says which.
    assert (
        Browser()
        .get(
            "/lti/login",
            {
                "iss": canvas.issuer,
                "login_hint": "101",
                "target_link_uri": "http://testserver/lti/launch",
            },
        )
        .status_code
        == 302
    )
    register(canvas, "the second school")
    unclear = Browser().get(
        "/lti/login",
        {
            "iss": canvas.issuer,
            "login_hint": "101",
            "target_link_uri": "http://testserver/lti/launch",
        },
    )
    assert "client id" in main(unclear)


def test_two_links_opened_at_once_in_one_browser(campus: Campus) -> None:
    campus.connect()
    browser = Browser()
    first, second = (browser.message(browser.begin(campus.beside, "101")) for _ in range(2))
    answers = [browser.post("/lti/launch", each).status_code for each in (first, second)]
    assert answers == [302, 302]


def test_a_new_key_of_the_platform_is_fetched_once(campus: Campus) -> None:
    campus.connect()
    browser = Browser()
    assert browser.open(campus.beside, "101").status_code == 302
    campus.beside.admin("new-key")
    asked = campus.beside.state()["answered"]["jwks 200"]
    # Within the minute it is not asked again; a stranger with invented keys makes us ask nobody.
    assert [browser.open(campus.beside, "101").status_code for _ in range(2)] == [403, 403]
    assert campus.beside.state()["answered"]["jwks 200"] == asked
    platform_keys.forget()
    assert browser.open(campus.beside, "101").status_code == 302


def test_a_platform_whose_keys_cannot_be_had(campus: Campus) -> None:
    campus.connect()
    campus.beside.trouble("jwks", 500)
    page = Browser().open(campus.beside, "101")
    assert page.status_code == 503
    assert "Try again in a minute" in main(page)


def test_a_login_sends_what_the_standard_names_and_nothing_else(campus: Campus) -> None:
    """The platform beside refuses more, as Moodle does."""
    browser = Browser()
    sent = browser.begin(campus.beside, "101", repost="1", canvas_region="ap-1")
    assert browser.message(sent)["state"] == LtiLogin.objects.get().state
    [cookie] = [c for name, c in sent.cookies.items() if name.startswith("lti-")]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, "", "")


def test_over_tls_the_cookie_comes_back_with_a_form_of_another_site(
    campus: Campus, settings: Any
) -> None:
    settings.SESSION_COOKIE_SECURE = True
    settings.SANDGLASS_LTI_COOKIE = "__Host-lti"
    sent = Browser().begin(campus.beside, "101")
    [cookie] = [c for name, c in sent.cookies.items() if name.startswith("__Host-lti-")]
    said = set(cookie.OutputString().split("; ")[1:])
    assert {"HttpOnly", "Path=/", "SameSite=None", "Secure", "Partitioned"} <= said
    assert not any(part.startswith("Domain") for part in said)


def test_in_a_frame_a_tab_is_asked_for(campus: Campus) -> None:
    """Only the platform may show that page, and nothing is begun by it."""
    framed = Browser(headers={"Sec-Fetch-Dest": "iframe"})
    page = framed.begin(campus.beside, "101")
    assert page.status_code == 200
    assert not LtiLogin.objects.exists()
    assert "X-Frame-Options" not in page.headers
    policy = page["Content-Security-Policy"].split("; ")
    assert f"frame-ancestors {campus.beside.url} https://*.instructure.com" in policy
    link = page.content.decode().split('href="/lti/login?')[1].split('"')[0]
    again = Browser().get("/lti/login?" + link.replace("&amp;", "&"))
    assert again.status_code == 302


def test_what_the_platform_broke_off_is_told(campus: Campus) -> None:
    browser = Browser()
    browser.begin(campus.beside, "101")
    answer = {"state": LtiLogin.objects.get().state, "error": "login_required"}
    page = browser.post("/lti/launch", answer)
    assert page.status_code == 403
    assert "broke off" in main(page)


def test_logins_of_yesterday_are_removed(campus: Campus) -> None:
    Browser().begin(campus.beside, "101")
    assert logins.forget_old(now=timezone.now() + timedelta(hours=23)) == 0
    assert logins.forget_old(now=timezone.now() + timedelta(hours=25)) == 1


def test_a_platform_that_is_switched_off(campus: Campus) -> None:
    browser = Browser()
    sent = browser.begin(campus.beside, "101")
    manage("deactivate", str(campus.platform.pk))
    assert browser.post("/lti/launch", browser.message(sent)).status_code == 403
    assert browser.begin(campus.beside, "101").status_code == 403
    manage("activate", str(campus.platform.pk))
    assert browser.begin(campus.beside, "101").status_code == 302
