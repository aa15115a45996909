"""Which address leads to which view. The table in `web/README.md` says who may see what."""

from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.cache import never_cache

from web.api.service import api
from web.gate import signed_in
from web.sign_in import by_password
from web.views import (
    account,
    course,
    exams,
    exports,
    extensions,
    filling,
    gradebook,
    health,
    homework,
    lms,
    lti,
    lti_arrival,
    metrics,
    people,
    regrades,
    releases,
    roster,
    rules,
    staff,
    submission,
    tokens,
)

handler400 = "web.views.errors.bad_request"
handler404 = "web.views.errors.not_found"

COURSE = "c/<slug:slug>/"
HOMEWORK = f"{COURSE}hw/<slug:homework>/"
EXPORTS = f"{COURSE}exports/"
STUDENT = f"{COURSE}gradebook/<int:student>/"
PEOPLE = f"{COURSE}people/"
EXAM = f"{COURSE}exams/<slug:exam>/"
LMS = f"{COURSE}lms/"
SUBMISSION = "submissions/<int:pk>/"
FILE = f"{SUBMISSION}files/<int:file>/"
DOWNLOAD, LIVE = "download", "live"
"""Names of limits: how often one person may ask."""

# Who has signed in sees their own name on these pages, so no cache may keep them.
_anybody: list[URLPattern] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("sign-in/", account.SignIn.as_view(), name="sign-in"),
    path("sign-out/", account.SignOut.as_view(), name="sign-out"),
    path(
        "password-reset/", by_password(never_cache(account.Reset.as_view())), name="password-reset"
    ),
    path(
        "password-reset/done/",
        by_password(never_cache(account.ResetDone.as_view())),
        name="password-reset-done",
    ),
    path(
        "password-reset/<uidb64>/<token>/",
        by_password(account.ResetConfirm.as_view()),
        name="password-reset-confirm",
    ),
    path(
        "password-reset/complete/",
        by_password(never_cache(account.ResetComplete.as_view())),
        name="password-reset-complete",
    ),
    path("lti/jwks", lti.jwks, name="lti-jwks"),
    path("lti/canvas.json", lti.canvas_key, name="lti-canvas"),
    path("lti/register", lti.register, name="lti-register"),
    path("lti/login", lti.login, name="lti-login"),
    path("lti/launch", lti.launch, name="lti-launch"),
    path("lti/deep-link", lti.launch, name="lti-deep-link"),
    path("lti/go/<str:state>/", lti_arrival.go, name="lti-go"),
    path("lti/choose/<str:state>/", lti_arrival.choose, name="lti-choose"),
]

_members: list[URLPattern] = [
    path("", signed_in(course.home), name="home"),
    path("tokens/", signed_in(tokens.page), name="tokens"),
    path("tokens/<int:pk>/revoke", signed_in(tokens.revoke), name="token-revoke"),
    path("password/", signed_in(account.Change.as_view()), name="password-change"),
    path("your-data.zip", signed_in(exports.own, DOWNLOAD), name="own-data"),
    path(COURSE, signed_in(course.page), name="course"),
    path(f"{COURSE}grades/", signed_in(course.grades), name="grades"),
    path(f"{COURSE}gradebook/", signed_in(gradebook.page), name="gradebook"),
    path(STUDENT, signed_in(gradebook.student), name="gradebook-student"),
    path(f"{STUDENT}<slug:column>/", signed_in(gradebook.cell), name="gradebook-cell"),
    path(f"{COURSE}grading/", signed_in(staff.grading), name="grading"),
    path(EXPORTS, signed_in(exports.page), name="exports"),
    path(f"{EXPORTS}fill/", signed_in(filling.filling), name="exports-fill"),
    path(f"{EXPORTS}grades", signed_in(exports.grades, DOWNLOAD), name="exports-grades"),
    path(
        f"{EXPORTS}submissions.zip",
        signed_in(exports.submissions, DOWNLOAD),
        name="exports-submissions",
    ),
    path(f"{EXPORTS}person.zip", signed_in(exports.person, DOWNLOAD), name="exports-person"),
    path(PEOPLE, signed_in(people.listing), name="people"),
    path(f"{PEOPLE}<int:member>/", signed_in(people.person), name="person"),
    path(f"{PEOPLE}add/", signed_in(people.add), name="person-add"),
    path(f"{PEOPLE}sections/", signed_in(people.sections), name="sections"),
    path(f"{PEOPLE}import/", signed_in(roster.importing), name="roster-import"),
    path(f"{COURSE}releases/", signed_in(releases.page), name="releases"),
    path(f"{COURSE}extensions/", signed_in(extensions.page), name="extensions"),
    path(f"{COURSE}extensions/import/", signed_in(extensions.importing), name="extension-import"),
    path(
        f"{COURSE}extensions/<int:extension>/revoke/",
        signed_in(extensions.revoking),
        name="extension-revoke",
    ),
    path(f"{COURSE}slip-days/", signed_in(extensions.slip_days), name="slip-days"),
    path(f"{COURSE}policy/", signed_in(rules.policy), name="policy"),
    path(f"{HOMEWORK}deadline/", signed_in(rules.deadline), name="deadline"),
    path(f"{HOMEWORK}slip-days", signed_in(homework.slip_days), name="homework-slip-days"),
    path(f"{COURSE}exams/", signed_in(exams.listing), name="exams"),
    path(EXAM, signed_in(exams.page), name="exam"),
    path(f"{EXAM}import/", signed_in(exams.importing), name="exam-import"),
    path(LMS, signed_in(lms.page), name="lms"),
    path(f"{LMS}send", signed_in(lms.send), name="lms-send"),
    path(f"{LMS}compare", signed_in(lms.compare), name="lms-compare"),
    path(f"{LMS}columns/<int:item>/", signed_in(lms.column), name="lms-column"),
    path(f"{LMS}<int:context>/connect/", signed_in(lms.connect), name="lms-connect"),
    path(f"{LMS}<int:context>/roster/", signed_in(lms.people), name="lms-roster"),
    path(f"{LMS}<int:context>/know", signed_in(lms.know), name="lms-know"),
    path(HOMEWORK, signed_in(homework.page), name="homework"),
    path(f"{HOMEWORK}handout.zip", signed_in(homework.handout, DOWNLOAD), name="handout"),
    path(f"{HOMEWORK}regrades/", signed_in(regrades.regrades), name="regrades"),
    path(f"{HOMEWORK}regrades/<int:regrade>/", signed_in(regrades.regrade), name="regrade"),
    path(f"{HOMEWORK}submissions/", signed_in(staff.submissions), name="submissions"),
    path(SUBMISSION, signed_in(submission.page), name="submission"),
    path(f"{SUBMISSION}retry", signed_in(submission.retry), name="submission-retry"),
    path(f"{SUBMISSION}live", signed_in(submission.live, LIVE), name="submission-live"),
    path(
        f"{SUBMISSION}results.json",
        signed_in(submission.results, DOWNLOAD),
        name="submission-results",
    ),
    path(f"{FILE}download", signed_in(submission.download, DOWNLOAD), name="submission-file"),
    path(f"{FILE}view", signed_in(submission.view, DOWNLOAD), name="submission-view"),
]

pages: list[URLPattern] = [*_anybody, *_members]
"""What people see; what is beside them is for programs."""
if settings.SANDGLASS_OIDC or settings.SANDGLASS_SAML:
    from web import sign_on_urls

    pages += sign_on_urls.urlpatterns
urlpatterns: list[URLPattern | URLResolver] = [*pages, path("api/v1/", api.urls)]
