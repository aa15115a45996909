"""Which service this person speaks with, and by which token: a file that only they can read."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

SERVICE, TOKEN = "SANDGLASS_SERVICE", "SANDGLASS_TOKEN"
"""Variables that come before the file, for scripts and continuous integration."""
_OWNER_ONLY = 0o600


class NotSignedIn(Exception):  # noqa: N818 - a state
    """No service and token are known; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Login:
    """A service's address, without a slash at its end, and a token."""

    service: str
    token: str


def place() -> Path:
    """The file."""
    return platformdirs.user_config_path("sandglass") / "login.json"


def load() -> Login:
    """The login that holds now. Raises `NotSignedIn`."""
    try:
        kept = json.loads(place().read_text("utf-8"))
    except (OSError, ValueError):
        kept = {}
    service = os.environ.get(SERVICE) or kept.get("service", "")
    token = os.environ.get(TOKEN) or kept.get("token", "")
    if not service or not token:
        raise NotSignedIn("You are not signed in to a service: sandglass login https://...")
    return Login(service.rstrip("/"), token)


def keep(login: Login) -> Path:
    """Write it, for its owner alone; where it lies."""
    file = place()
    file.parent.mkdir(parents=True, exist_ok=True)
    # Never readable by others, not even for a moment.
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        os.fchmod(descriptor, _OWNER_ONLY)
        json.dump(asdict(login), stream)
    return file


def forget() -> bool:
    """Remove it; whether there was one."""
    try:
        place().unlink()
    except FileNotFoundError:
        return False
    return True
