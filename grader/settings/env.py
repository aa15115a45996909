"""Typed reading of environment variables: a wrong value stops the start with its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from limits import RateLimitItem, parse

_CPUSET = re.compile(r"\d+(-\d+)?(,\d+(-\d+)?)*")
OWN_MACHINE = ["localhost", "127.0.0.1", "[::1]"]
WORDS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def read_bool(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    """Read a switch; anything but a clear yes or no is refused, never guessed."""
    value = env.get(name, "").strip().lower()
    if not value:
        return default
    if value not in WORDS:
        raise ImproperlyConfigured(f"{name} is {value!r}; write one of {', '.join(WORDS)}")
    return WORDS[value]


def read_int(env: Mapping[str, str], name: str, *, default: int) -> int:
    """Read a positive whole number."""
    value = env.get(name, "").strip()
    if not value:
        return default
    if not value.isascii() or not value.isdigit() or int(value) == 0:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a whole number above 0")
    return int(value)


def read_rate(env: Mapping[str, str], name: str, *, default: str) -> RateLimitItem:
    """Read how often something may be done: `10/minute`, `600 per 10 minutes`."""
    value = env.get(name, "").strip() or default
    try:
        rate = parse(value)
    except ValueError:
        rate = None
    # The library reads the first of several, and lets a limit of none through.
    if rate is None or rate.amount < 1 or ";" in value:
        raise ImproperlyConfigured(f"{name} is {value!r}; write it as in {default!r}")
    return rate


def read_list(env: Mapping[str, str], name: str, *, default: list[str]) -> list[str]:
    """Read words separated by commas."""
    words = [word.strip() for word in env.get(name, "").split(",")]
    return [word for word in words if word] or default


def read_choice(env: Mapping[str, str], name: str, choices: list[str], *, default: str) -> str:
    """Read one of a few words."""
    value = env.get(name, "").strip() or default
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}; write one of {', '.join(choices)}")
    return value


def read_cpusets(env: Mapping[str, str], name: str) -> list[str]:
    """Read sets of cores, as the kernel writes them, separated by semicolons."""
    sets = [part.strip() for part in env.get(name, "").split(";") if part.strip()]
    if wrong := [part for part in sets if not _CPUSET.fullmatch(part)]:
        raise ImproperlyConfigured(f"{name} holds {wrong[0]!r}; write cores as in 0-1;2,3")
    return sets


def read_url(env: Mapping[str, str], name: str, schemes: list[str]) -> str:
    """Read an address of one of these schemes; empty when there is none."""
    value = env.get(name, "").strip()
    if value and urlsplit(value).scheme not in schemes:
        # The value itself is not shown: it may hold a password.
        wanted = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ImproperlyConfigured(f"{name} does not begin with {wanted}")
    return value


def read_site(env: Mapping[str, str], name: str, hosts: list[str], *, debug: bool) -> str:
    """Read the site's own address, without a slash at its end; else it is that of its first name.

    A site that is named by a pattern alone has to say it.
    """
    value = read_url(env, name, ["http", "https"]).rstrip("/")
    if value:
        return value
    if debug:
        return "http://localhost:8000"
    if hosts[0].startswith((".", "*")):
        raise ImproperlyConfigured(
            f"{name} is not set, and {hosts[0]} is no name of a host: write https:// and the name"
        )
    return f"https://{hosts[0]}"


def read_secret(env: Mapping[str, str], name: str, *, debug: bool) -> str:
    """Read a signing key; only a developer's machine may do without one."""
    key = env.get(name, "")
    if key:
        return key
    if debug:
        return f"only for development: anybody can read this {name}"
    raise ImproperlyConfigured(f"{name} is not set; with debugging off there is no default for it")


def passwords_of(url: str) -> list[str]:
    """The password in an address, as it stands there and as it is meant; for what hides it."""
    password = urlsplit(url).password if url else None
    return [password, unquote(password)] if password else []


def require_own_machine(hosts: list[str], *, debug: bool) -> None:
    """Refuse to debug under a name that others know: error pages would show them everything."""
    if debug and (public := sorted(set(hosts) - set(OWN_MACHINE))):
        raise ImproperlyConfigured(
            f"SANDGLASS_DEBUG is on and SANDGLASS_ALLOWED_HOSTS has {', '.join(public)}: set "
            "SANDGLASS_DEBUG to no on a machine that others reach"
        )
