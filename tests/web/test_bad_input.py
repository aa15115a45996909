"""Hostile and unlucky requests at the pages: each gets a sentence or a plain refusal, none a 500.

What a form with wrong files is told stands in `test_homework_page`; this is about what no browser
would send, and about what several requests do to each other.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from email.message import Message
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from grader.domain.states import Lane, Role
from grader.models import Assignment, Course, GradingJob, Membership, Submission
from grader.pipeline.execute import claim
from tests import factories
from tests.assignments.homework import write_homework
from tests.assignments.uploads import overlapping, special, tarred, zip_entry, zipped
from tests.grader.pipeline.road import RIGHT, at_once, grade, upload
from tests.web.reading import links, main

pytestmark = pytest.mark.django_db
ADDRESS = "/c/comp4551/hw/hw0/"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small homework, which takes any text file besides its two modules."""
    return write_homework(tmp_path_factory.mktemp("bad_input") / "hw0")


@pytest.fixture
def course() -> Course:
    return factories.course()


@pytest.fixture
def homework(course: Course, folder: Path) -> Assignment:
    now = timezone.now()
    return factories.assignment(course, "hw0", folder, opens_at=now - DAY, due_at=now + DAY)


@pytest.fixture
def ada(course: Course) -> Membership:
    return factories.membership(course, factories.person("Ada"))


@pytest.fixture
def tess(course: Course) -> Membership:
    return factories.membership(course, factories.person("Tess"), Role.TA)


def browser(member: Membership, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(member.user)
    return client


def send(member: Membership, files: Mapping[str, bytes] = RIGHT, token: str = "") -> Any:
    """An upload by the form."""
    chosen = [SimpleUploadedFile(name, data) for name, data in files.items()]
    return browser(member).post(ADDRESS, {"files": chosen, "token": token or str(uuid4())})


def send_raw(member: Membership, *names: bytes) -> Any:
    """A sound upload, and a file for each of these values of `Content-Disposition` after it."""
    values = [*(b'filename="%b"' % name.encode() for name in RIGHT), *names]
    contents = [*RIGHT.values(), *(b"text\n" for _ in names)]
    body = b"".join(
        b'--cut\r\nContent-Disposition: form-data; name="files"; %b\r\n\r\n%b\r\n' % pair
        for pair in zip(values, contents, strict=True)
    )
    kind = "multipart/form-data; boundary=cut"
    return browser(member).generic("POST", ADDRESS, body + b"--cut--\r\n", kind)


# --- several requests ---------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_double_click_at_the_same_moment(homework: Assignment, ada: Membership) -> None:
    """Four requests of one form lead to one submission."""
    token = str(uuid4())
    answers = at_once(*[lambda: send(ada, token=token)] * 4)
    submission = Submission.objects.get()
    assert [answer["Location"] for answer in answers] == [f"/submissions/{submission.pk}/"] * 4
    assert GradingJob.objects.count() == 1


def test_the_same_form_with_other_files_is_another_upload(
    homework: Assignment, ada: Membership
) -> None:
    """A browser that goes back brings the old token along; the new work must not be lost."""
    token, changed = str(uuid4()), {**RIGHT, "notes.txt": b"mended\n"}
    first, second = send(ada, token=token), send(ada, changed, token=token)
    assert first["Location"] != second["Location"]
    assert Submission.objects.latest("pk").files.count() == 3
    assert send(ada, changed, token=token)["Location"] == second["Location"]


def test_two_uploads_in_the_same_second_are_both_kept_in_order(
    homework: Assignment, ada: Membership
) -> None:
    """The one that was written last stands first, and waits; the other one leads to it."""
    now = timezone.now()
    first, second = upload(homework, ada, now), upload(homework, ada, now)
    page = browser(ada).get(ADDRESS)
    found = [link for link in links(page) if link.startswith("/submissions/")]
    assert found[-2:] == [f"/submissions/{made.pk}/" for made in (second, first)]
    assert f"/submissions/{second.pk}/" in links(browser(ada).get(f"/submissions/{first.pk}/"))


def test_an_upload_while_another_is_graded_is_kept_beside_it(
    homework: Assignment, ada: Membership
) -> None:
    send(ada)
    assert claim(Lane.INTERACTIVE, "worker") is not None
    assert send(ada).status_code == 303
    states = GradingJob.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["running", "queued"]


def test_a_stale_page_uploads_nothing_and_says_what_to_do(
    homework: Assignment, ada: Membership
) -> None:
    """Signed in again in another tab: the token of this page is no longer good."""
    client = browser(ada, enforce_csrf_checks=True)
    client.get(ADDRESS)
    files = [SimpleUploadedFile(name, data) for name, data in RIGHT.items()]
    page = client.post(ADDRESS, {"files": files, "csrfmiddlewaretoken": "x" * 64})
    assert page.status_code == 403
    assert "If you handed something in, hand it in again." in main(page)
    assert Submission.objects.count() == 0


# --- names --------------------------------------------------------------------------------------

NAMES = {
    "a path upwards": b'filename="../../../etc/cron.d/notes.txt"',
    "a path of Windows": b'filename="C:\\\\temp\\\\notes.txt"',
    "a NUL": b'filename="no\0tes.txt"',
    "the right to the left": 'filename="\N{RIGHT-TO-LEFT OVERRIDE}notes.txt"'.encode(),
    "another encoding": b"filename*=utf-8''n%6ftes.txt",
    "a header in it": b"filename*=utf-8''notes%0D%0ASet-Cookie:%20a=b%0D%0A.txt",
    "a header of its own": b'filename="notes.txt"\r\nSet-Cookie: a=b',
    "markup as entities": b'filename="&lt;notes&gt;.txt"',
}


@pytest.mark.parametrize("how", NAMES)
def test_a_hostile_name_becomes_a_plain_one(
    homework: Assignment, ada: Membership, how: str
) -> None:
    """And comes back as that, in one header."""
    answer = send_raw(ada, NAMES[how])
    assert answer.status_code == 303
    (name,) = set(Submission.objects.get().files.values_list("name", flat=True)) - set(RIGHT)
    assert "notes" in name
    assert name.isprintable()
    assert not set(name) & set("/\\\0")
    number = [file.name for file in Submission.objects.get().files.all()].index(name) + 1
    assert told_name(browser(ada).get(f"{answer['Location']}files/{number}/download")) == name


def told_name(response: Any) -> str | None:
    """The name under which a browser keeps a download."""
    assert response.getvalue() == b"text\n"
    assert response["Content-Type"] == "application/octet-stream"
    assert "Set-Cookie" not in response.headers
    header = Message()
    header["Content-Disposition"] = response["Content-Disposition"]
    assert header.get_content_disposition() == "attachment"
    return header.get_filename()


@pytest.mark.parametrize(
    "name",
    ['no"tes.txt', "notes; filename=x.html;.txt", "n\u00f6tes \u4f60.txt", "%0d%0anotes.txt"],
)
def test_a_name_comes_back_as_it_was(homework: Assignment, ada: Membership, name: str) -> None:
    """Quotes, semicolons, other scripts: nothing of it ends the header early."""
    submission = upload(homework, ada, timezone.now(), files={**RIGHT, name: b"text\n"})
    number = [file.name for file in submission.files.all()].index(name) + 1
    response = browser(ada).get(f"/submissions/{submission.pk}/files/{number}/download")
    assert told_name(response) == name


@pytest.mark.parametrize("value", [b'filename=""', b'filename="."', b'filename=".."', b"x=y"])
def test_a_file_without_a_name_is_passed_over(
    homework: Assignment, ada: Membership, value: bytes
) -> None:
    assert send_raw(ada, value).status_code == 303
    assert Submission.objects.get().files.count() == len(RIGHT)


@pytest.mark.parametrize(("letters", "status"), [(300, 303), (5_000, 400)])
def test_a_name_that_no_disk_would_take(
    homework: Assignment, ada: Membership, letters: int, status: int
) -> None:
    """Cut at what a disk takes; with the longest, the form is none."""
    assert send_raw(ada, b'filename="%b.txt"' % (b"n" * letters)).status_code == status
    for submission in Submission.objects.all():
        assert max(len(file.name) for file in submission.files.all()) == 255


@pytest.mark.parametrize(
    "body",
    [b"", b"--cut", b"--cut\r\n\r\n", b"--cut--\r\n", b"no form at all"],
    ids=["nothing", "a start", "an empty part", "an end", "no form"],
)
def test_a_broken_form_holds_no_file(homework: Assignment, ada: Membership, body: bytes) -> None:
    kind = "multipart/form-data; boundary=cut"
    page = browser(ada).generic("POST", ADDRESS, body, kind)
    assert page.status_code == 422
    assert "No file was chosen" in main(page)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=" + "x" * 300, 400),
        ("multipart/form-data; boundary=\u00e9", 400),
        ("application/json", 422),
        ("text/plain", 422),
        ("application/x-www-form-urlencoded; charset=utf-7", 422),
    ],
)
def test_a_body_that_is_no_upload(
    homework: Assignment, ada: Membership, kind: str, status: int
) -> None:
    page = browser(ada).generic("POST", ADDRESS, b"a=b", kind)
    assert page.status_code == status
    assert Submission.objects.count() == 0


def test_more_files_than_a_form_may_hold(homework: Assignment, ada: Membership) -> None:
    page = send(ada, {**RIGHT, **{f"notes{n}.txt": b"x" for n in range(200)}})
    assert page.status_code == 400
    assert Submission.objects.count() == 0


# --- archives -----------------------------------------------------------------------------------

ARCHIVES: Mapping[str, Callable[[], tuple[str, bytes]]] = {
    "a bomb": lambda: ("a.zip", zipped({"question1.py": b"0" * 200_000_000})),
    "a bomb of many": lambda: ("a.zip", zipped({f"{n}.txt": b"" for n in range(20_000)})),
    "two files in one place": lambda: ("a.zip", overlapping("a.txt", "b.txt", b"0" * 90_000)),
    "a zip in a zip": lambda: ("a.zip", zipped({"b.zip": zipped(dict(RIGHT))})),
    "a path upwards": lambda: ("a.zip", zipped({"../question1.py": b"a = 1\n", **RIGHT})),
    "an absolute path": lambda: ("a.zip", zipped({"/etc/question1.py": b"a = 1\n", **RIGHT})),
    "a symbolic link in a zip": lambda: ("a.zip", zip_entry("question1.py", mode=0o120777)),
    "a symbolic link": lambda: (
        "a.tar.gz",
        tarred([(special("question1.py", tarfile.SYMTYPE, "/etc/passwd"), b"")]),
    ),
    "a hard link": lambda: (
        "a.tar.gz",
        tarred([(special("question1.py", tarfile.LNKTYPE, "/etc/passwd"), b"")]),
    ),
    "a device": lambda: ("a.tar.gz", tarred([(special("question1.py", tarfile.CHRTYPE), b"")])),
    "a broken zip": lambda: ("a.zip", zipped(dict(RIGHT))[:-30]),
    "no zip": lambda: ("a.zip", b"not a zip"),
    "no tar": lambda: ("a.tar.gz", b"\x1f\x8b not a tar"),
    "a picture": lambda: ("question1.png", b"\x89PNG\r\n\x1a\n"),
    "a program": lambda: ("question1.exe", b"MZ\x90\0"),
}


@pytest.mark.parametrize("what", ARCHIVES)
def test_an_archive_that_is_a_trap_is_refused_with_a_sentence(
    homework: Assignment, ada: Membership, what: str
) -> None:
    name, data = ARCHIVES[what]()
    page = send(ada, {name: data})
    assert page.status_code == 422
    sentence = main(page).partition("Worth nothing")[0]
    assert "upload" in sentence
    assert 'id="upload-error"' in page.content.decode()
    assert "root:" not in page.content.decode()
    assert Submission.objects.count() == 0


# --- addresses and questions --------------------------------------------------------------------


@pytest.mark.parametrize(
    "question",
    [
        "page=99999999999999999999999",
        "page=-1",
        "page=%00",
        "page[]=1&page=x",
        "q=%00",
        "q=%ff%fe",
        "q=" + "x" * 20_000,
        "q=%25_%25",
        "q='%20OR%201=1--",
        "state=%00",
        "state=done&state=fault",
    ],
)
def test_a_senseless_question_gets_a_list(
    homework: Assignment, ada: Membership, tess: Membership, question: str
) -> None:
    grade(upload(homework, ada, timezone.now()))
    page = browser(tess).get(f"{ADDRESS}submissions/?{question}")
    assert page.status_code == 200
    assert main(page).startswith("Submissions Homework 0:")


@pytest.mark.parametrize(
    "address",
    [
        "/%2e%2e/%2e%2e/etc/passwd",
        "/static/../../grader/settings/__init__.py",
        "/static/%2e%2e/%2e%2e/manage.py",
        "/static/%00",
        "/c/%00/",
        "/c/comp4551/hw/hw0/..%2f..%2f",
        "/c/" + "x" * 10_000 + "/",
        "/submissions/-1/",
        "/submissions/1e3/",
        "/submissions/\u0661/",
        "/.git/config",
        "/.env",
    ],
)
def test_an_address_of_nothing(ada: Membership, address: str) -> None:
    assert browser(ada).get(address).status_code == 404


@pytest.mark.parametrize("path", ["//example.org", "//example.org/c/comp4551", "/\\example.org"])
def test_a_path_that_looks_like_another_site(ada: Membership, path: str) -> None:
    """The slash that is missing at its end is no reason to go there."""
    answer = browser(ada).get("/", PATH_INFO=path)
    assert (answer.status_code, answer.headers.get("Location")) == (404, None)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://example.org/",
        "//example.org/",
        "///example.org/",
        "/\\example.org/",
        "\\\\example.org/",
        "https:example.org",
        "https:///example.org",
        "/\t/example.org",
        " //example.org",
        "http://testserver@example.org/",
        "javascript:alert(1)",
        "data:text/html,x",
    ],
)
@pytest.mark.parametrize("how", ["typed", "sent", "signed in already"])
def test_no_way_leads_to_another_site(ada: Membership, elsewhere: str, how: str) -> None:
    """Neither `next` in the address, nor in the form, nor for who need not sign in."""
    credentials = {"username": ada.user.email, "password": factories.PASSWORD}
    client = browser(ada) if how == "signed in already" else Client()
    if how == "sent":
        answer = client.post("/sign-in/", {**credentials, "next": elsewhere})
    elif how == "typed":
        answer = client.post("/sign-in/", credentials, query_params={"next": elsewhere})
    else:
        answer = client.get("/sign-in/", {"next": elsewhere})
    assert answer.headers["Location"] == "/"
