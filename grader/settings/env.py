"""Typed reading of environment variables: a wrong value stops the start with its name."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

WORDS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def read_bool(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    """Read a switch; anything but a clear yes or no is refused, never guessed."""
    value = env.get(name, "").strip().lower()
    if not value:
        return default
    if value not in WORDS:
        raise ImproperlyConfigured(f"{name} is {value!r}; write one of {', '.join(WORDS)}")
    return WORDS[value]


def read_list(env: Mapping[str, str], name: str, *, default: list[str]) -> list[str]:
    """Read words separated by commas."""
    words = [word.strip() for word in env.get(name, "").split(",")]
    return [word for word in words if word] or default


def read_secret_key(env: Mapping[str, str], name: str, *, debug: bool) -> str:
    """Read the signing key; only a developer's machine may do without one."""
    key = env.get(name, "")
    if key:
        return key
    if debug:
        return "only for development: anybody can read this key"
    raise ImproperlyConfigured(f"{name} is not set; with debugging off there is no default for it")
