"""sandglass: homeworks from a terminal.

  sandglass login https://...            keep a token that you made on the page "Your tokens"
  sandglass courses                      your homeworks: when they are due, what you have
  sandglass handout hw1                  what a homework begins with
  sandglass submit hw1 FILE... --watch   hand in, and see each check as it ends
  sandglass status 12 --watch            where a submission stands
  sandglass grade ...                    grade here, as `python -m runners grade` does
  sandglass check ...                    prove a suite here, as `python -m assignments check` does

Exit codes: 0 done, 1 refused by the service or not graded, 2 bad usage.
"""

from __future__ import annotations

import argparse
import getpass
import io
import sys
import zipfile
from collections.abc import Sequence
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console

from assignments.client import login as logins
from assignments.client import show
from assignments.client.login import Login, NotSignedIn
from assignments.client.service import Refused, Service

OK, REFUSED, USAGE = 0, 1, 2
_HERE = {"check": "assignments.__main__", "grade": "runners.__main__"}
"""Commands that run on this machine, and whose they are."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in _HERE:
        # Imported only now: who hands in needs no torch.
        return int(import_module(_HERE[words[0]]).main(words))
    options = _parser().parse_args(words)
    try:
        return int(options.run(options, Console()))
    except NotSignedIn as error:
        print(error, file=sys.stderr)
        return USAGE
    except Refused as error:
        print(error, file=sys.stderr)
        return REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sandglass", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    sign_in = commands.add_parser("login", help="keep a token for a service")
    sign_in.add_argument("service", help="its address: https://...")
    sign_in.set_defaults(run=_login)
    commands.add_parser("logout", help="forget the token").set_defaults(run=_logout)
    listed = commands.add_parser("courses", help="your courses and homeworks")
    listed.set_defaults(run=_courses)
    handout = commands.add_parser("handout", help="download what a homework begins with")
    handout.add_argument("homework")
    handout.add_argument("--to", type=Path, default=Path(), help="where to (default: here)")
    handout.set_defaults(run=_handout)
    submit = commands.add_parser("submit", help="hand in")
    submit.add_argument("homework")
    submit.add_argument("files", nargs="+", type=Path)
    submit.set_defaults(run=_submit)
    status = commands.add_parser("status", help="where a submission stands")
    status.add_argument("submission", type=int)
    status.set_defaults(run=_status)
    for command in (submit, status):
        command.add_argument("--watch", action="store_true", help="wait, and see each check")
    for command in (handout, submit):
        command.add_argument("--course", help="which one, where you are in several")
    return parser


def _login(options: argparse.Namespace, console: Console) -> int:
    service = options.service.rstrip("/")
    if not service.startswith(("https://", "http://")):
        print(f"{service} is no address: it begins with https://", file=sys.stderr)
        return USAGE
    token = getpass.getpass("Token: ").strip() if sys.stdin.isatty() else sys.stdin.readline()
    login = Login(service, token.strip())
    with closing(Service(login)) as asked:
        me = asked.me()
    place = logins.keep(login)
    console.print(f"You are {me['name']} at {service}; the token lies in {place}.", highlight=False)
    return OK


def _logout(_options: argparse.Namespace, console: Console) -> int:
    gone = logins.forget()
    console.print("The token is forgotten here." if gone else "There was none.")
    return OK


def _courses(_options: argparse.Namespace, console: Console) -> int:
    with closing(Service(logins.load())) as service:
        for course in service.me()["courses"]:
            show.homeworks(console, service.course(course["slug"]))
    return OK


def _handout(options: argparse.Namespace, console: Console) -> int:
    with closing(Service(logins.load())) as service:
        content = service.handout(_course(service, options.course), options.homework)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        tops = sorted({options.to / Path(name).parts[0] for name in archive.namelist()})
        taken = [str(top) for top in tops if top.exists()]
        if taken:
            print(f"{', '.join(taken)} is there already: name a folder with --to.", file=sys.stderr)
            return USAGE
        archive.extractall(options.to)  # zipfile keeps every name below that folder
    console.print(f"The handout lies in {', '.join(map(str, tops))}.", highlight=False)
    return OK


def _submit(options: argparse.Namespace, console: Console) -> int:
    missing = [str(file) for file in options.files if not file.is_file()]
    if missing:
        print(f"There is no file {', '.join(missing)}.", file=sys.stderr)
        return USAGE
    with closing(Service(logins.load())) as service:
        course = _course(service, options.course)
        taken = service.submit(course, options.homework, options.files, console.print)
        console.print(f"Taken as submission {taken['id']}: {taken['page']}", highlight=False)
        for notice in taken["notices"]:
            console.print(f"  {notice}", markup=False)
        return _follow(service, taken["id"], console) if options.watch else OK


def _status(options: argparse.Namespace, console: Console) -> int:
    with closing(Service(logins.load())) as service:
        if options.watch:
            return _follow(service, options.submission, console)
        told = service.submission(options.submission)
        show.standing(console, told)
        return _code(told)


def _follow(service: Service, pk: int, console: Console) -> int:
    """Tell what happens until nothing more will; each check once, however often it is told."""
    seen: set[tuple[str, int]] = set()
    while (told := service.submission(pk))["active"]:
        for name, facts in service.events(pk):
            _tell(name, facts, seen, console)
    show.standing(console, told)
    return _code(told)


def _tell(name: str, facts: Any, seen: set[tuple[str, int]], console: Console) -> None:
    if name == "state" and facts["words"]:
        console.print(facts["words"], style="dim", markup=False)
    elif name == "check" and (key := (facts["problem"], facts["number"])) not in seen:
        seen.add(key)
        show.check(console, facts)


def _code(told: dict[str, Any]) -> int:
    return REFUSED if told["state"] in ("rejected", "fault") else OK


def _course(service: Service, wanted: str | None) -> str:
    """The course that was named, or the only one."""
    courses = [str(course["slug"]) for course in service.me()["courses"]]
    if wanted is not None:
        return wanted
    if len(courses) != 1:
        raise Refused(f"Say which course with --course: {', '.join(courses) or 'you are in none'}.")
    return courses[0]


if __name__ == "__main__":
    sys.exit(main())
