"""The platform beside us, as a test holds it: where it is, what it holds, how to make it fail."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from grader.demo.child import Child
from tests.lti.platform.canvas import Canvas
from tests.lti.platform.moodle import Moodle
from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
KINDS = {"canvas": Canvas, "moodle": Moodle}
CLIENT_ID, DEPLOYMENT_ID = "10000000000001", "1:deployment"
REGISTRATION_TOKEN = "a registration token"
_SECONDS = 30.0


class PlatformBeside:
    """A running platform of one kind. `tests/lti/platform/world.py` says what it begins with."""

    def __init__(self, kind: str, port: int, folder: Path) -> None:
        self.kind, self._port, self._folder = kind, port, folder
        self.url = f"http://127.0.0.1:{port}"
        self.ways = KINDS[kind](self.url)
        self.issuer, self.client_id, self.deployment_id = self.url, CLIENT_ID, DEPLOYMENT_ID
        self.auth_url = self.url + self.ways.auth_path
        self.token_url = self.ways.token_url
        self.jwks_url = self.url + self.ways.jwks_path
        self.items_url, self.members_url = self.ways.items_url, self.ways.members_url
        self.start()

    def start(self) -> None:
        """Start it with an empty memory and new keys, at the same address."""
        command = [sys.executable, "-m", "tests.lti.platform", self.kind, "--port", str(self._port)]
        self._child = Child(command, folder=ROOT, log=self._folder / f"{self.kind}.log")
        self._child.wait_until(self._answers, seconds=_SECONDS)

    def stop(self) -> None:
        """End it: nobody answers any more."""
        self._child.stop()

    def admin(self, act: str, **facts: Any) -> Any:
        """One of the acts in `Platform._admin`."""
        answer = requests.post(f"{self.url}/admin/{act}", json=facts, timeout=_SECONDS)
        answer.raise_for_status()
        return answer.json()

    def trouble(self, part: str, what: str | int, **facts: Any) -> None:
        """Order a `Trouble`: `platform.trouble("scores", 429, retry_after="3", count=2)`."""
        self.admin("trouble", part=part, what=str(what), **facts)

    def state(self) -> Any:
        """Everything that it holds."""
        return self.admin("state")

    def item_url(self, item: str = "11") -> str:
        """A column's address; the first is that of `link-1`."""
        return self.ways.item_url(item)

    def grade(self, sub: str, item: str = "11") -> Any:
        """What a column holds of a person: `held`, `comments`, `submissions`, `posts`; or None."""
        return self.state()["items"][item]["grades"].get(sub)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/admin/state", timeout=5).ok
        except requests.ConnectionError:
            return False


@contextmanager
def platform_beside(kind: str, folder: Path) -> Iterator[PlatformBeside]:
    """A platform for as long as the block runs."""
    platform = PlatformBeside(kind, free_port(), folder)
    try:
        yield platform
    finally:
        platform.stop()
