"""Speaks with a service over HTTP. What it refuses becomes `Refused`, in its own words."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests
import sseclient
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from assignments.client.login import Login

_SECONDS = 60.0
_PATIENCE = 600
"""Seconds that an upload waits at most where the service asks it to."""
# A service that is being started again answers with these for a moment.
_AGAIN = Retry(
    total=4, backoff_factor=0.5, status_forcelist=[502, 503, 504], allowed_methods=None,
    raise_on_status=False,
)  # fmt: skip


class Refused(Exception):  # noqa: N818 - what happened
    """The service said no, or did not answer; the text is for its person."""


class Service:
    """A service, as the owner of a token meets it."""

    def __init__(self, login: Login) -> None:
        self._base = f"{login.service}/api/v1"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {login.token}"
        self._session.headers["Accept"] = "application/json"
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=_AGAIN))

    def close(self) -> None:
        """Let go of its connections."""
        self._session.close()

    def me(self) -> dict[str, Any]:
        """Whose token it is, and their courses."""
        return self._read(self._ask("GET", "/me"))

    def course(self, slug: str) -> dict[str, Any]:
        """A course with its homeworks."""
        return self._read(self._ask("GET", f"/courses/{slug}"))

    def handout(self, course: str, homework: str) -> bytes:
        """The zip that students begin with."""
        return self._ask("GET", f"/courses/{course}/homeworks/{homework}/handout.zip").content

    def submit(
        self,
        course: str,
        homework: str,
        files: Sequence[Path],
        say: Callable[[str], None],
        pause: Callable[[float], None] = time.sleep,
    ) -> dict[str, Any]:
        """Hand files in. Where it is asked to wait it does, and the upload keeps its arrival."""
        address = f"/courses/{course}/homeworks/{homework}/submissions"
        # One key for all tries: an answer that got lost on the way makes no second submission.
        headers, form, waited = {"Idempotency-Key": str(uuid4())}, {"ticket": ""}, 0
        while True:
            with ExitStack() as stack:
                parts = [
                    ("files", (file.name, stack.enter_context(file.open("rb")))) for file in files
                ]
                answer = self._ask("POST", address, headers=headers, data=form, files=parts)
            if answer.status_code != HTTPStatus.TOO_MANY_REQUESTS:
                return self._read(answer)
            told = answer.json()
            waited += int(told["retry_after"])
            if waited > _PATIENCE:
                raise Refused(told["error"])
            say(f"{told['error']} This waits; the upload counts as sent now.")
            form["ticket"] = told.get("ticket", "")
            pause(told["retry_after"])

    def submission(self, pk: int) -> dict[str, Any]:
        """Where a submission stands."""
        return self._read(self._ask("GET", f"/submissions/{pk}"))

    def results(self, pk: int) -> dict[str, Any]:
        """Its report, in Gradescope's format."""
        return self._read(self._ask("GET", f"/submissions/{pk}/results"))

    def events(self, pk: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """What happens to it, live: the name of each event and its facts, to the end."""
        answer = self._ask("GET", f"/submissions/{pk}/events", stream=True)
        for event in sseclient.SSEClient(answer.iter_content(chunk_size=None)).events():
            yield event.event, json.loads(event.data)

    def _ask(self, method: str, path: str, **more: Any) -> requests.Response:
        try:
            answer = self._session.request(method, self._base + path, timeout=_SECONDS, **more)
        except requests.RequestException as error:
            raise Refused(f"The service does not answer: {error}") from error
        if answer.ok or (answer.status_code == HTTPStatus.TOO_MANY_REQUESTS and method == "POST"):
            return answer
        raise Refused(_words(answer))

    @staticmethod
    def _read(answer: requests.Response) -> dict[str, Any]:
        try:
            told: dict[str, Any] = answer.json()
        except ValueError as error:
            raise Refused(f"{answer.url} is no Sandglass: its answer is no JSON.") from error
        return told


def _words(answer: requests.Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        return f"{answer.url} answered {answer.status_code}: is this the address of a Sandglass?"
    words = str(told.get("error") or told.get("detail") or answer.reason)
    typed = [f"  {name}: {what}" for name, what in (told.get("answers") or {}).items()]
    return "\n".join([words, *typed])
