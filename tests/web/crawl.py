"""Everything that one reader can get from the service, by address."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections import deque
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from itertools import product
from typing import Any

from django.test import Client
from django.urls import get_resolver, reverse

from grader.models import Membership, Submission

_LEADS = frozenset({"href", "src", "action", "srcdoc", "data-live", "data-report"})


class Links(HTMLParser):
    """Whatever a page leads to, loads or names as an address."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in _LEADS and value]


def reachable(client: Client, *guessed: str) -> dict[str, str]:
    """The answers by address: heads, pages, downloads, streams, and what is in archives.

    Begins at home and follows every link; what a reader could guess is asked for too.
    """
    found: dict[str, str] = {}
    waiting = deque(["/", *guessed])
    while waiting:
        address = waiting.popleft().partition("#")[0]
        if address in found or not address.startswith("/") or address.startswith("/static/"):
            continue
        response: Any = client.get(address)
        body = whole(response)
        head = "".join(f"{name}: {value}\n" for name, value in response.headers.items())
        found[address] = f"{response.status_code}\n{head}\n{text_of(body)}"
        waiting.append(response.get("Location", ""))
        if response.get("Content-Type", "").startswith("text/html"):
            waiting.extend(Links(body.decode()).found)
    return found


def guesses(course: str, homework: str) -> Iterator[str]:
    """Each address of the service, for this homework, every submission and every student."""
    submissions = list(Submission.objects.values_list("pk", flat=True))
    students = list(Membership.objects.values_list("pk", flat=True))
    words = {"slug": course, "homework": homework, "column": homework, "file": 1}
    addresses = {
        address_of(name, **words, pk=pk, student=student)
        for name, pk, student in product(address_names(), submissions, students)
    }
    yield from sorted(addresses)
    yield from (f"/submissions/{pk}/?part=report" for pk in submissions)
    for pk in Membership.objects.values_list("pk", flat=True):
        yield address_of("person", slug=course, member=pk)


def address_names() -> list[str]:
    """The names of all addresses."""
    return sorted(name for name in get_resolver().reverse_dict if isinstance(name, str))


def address_of(name: str, **words: Any) -> str:
    """The address of this name; of `words`, those that it needs."""
    made_up = {"uidb64": "MQ", "token": "abc-0123", "exam": "midterm", "state": "unknown"}
    made_up |= {"item": "1", "context": "1", "member": "1", "extension": "1"}
    known = {**made_up, "regrade": 1, **words}
    needed: Iterable[str] = get_resolver().reverse_dict.getlist(name)[0][0][0][1]
    return reverse(name, kwargs={word: known[word] for word in needed})


def whole(response: Any) -> bytes:
    """The body of an answer, a stream's to its end."""
    if not response.streaming:
        return bytes(response.content)
    return asyncio.run(streamed(response)) if response.is_async else bytes(response.getvalue())


async def streamed(response: Any) -> bytes:
    """The body of a stream of events."""
    return b"".join([part async for part in response.streaming_content])


def text_of(data: bytes) -> str:
    """The text of a body; of an archive, the names and texts of all that is in it."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return data.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "\n".join(f"{name}\n{text_of(archive.read(name))}" for name in archive.namelist())
