"""The settings, read by real processes of `manage.py` with real environments."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from grader.settings.env import read_bool, read_list, read_rate, read_secret, read_site

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "SANDGLASS_DEBUG": "0",
    "SANDGLASS_SECRET_KEY": "".join(chr(33 + i) for i in range(60)),
    "SANDGLASS_RECEIPT_KEY": "".join(chr(93 - i) for i in range(60)),
    "SANDGLASS_ALLOWED_HOSTS": "grade.example.edu",
}
ASK_HEALTH = """
from django.test import Client
answer = Client().get("/healthz", headers={"host": "grade.example.edu"})
print(answer.status_code, answer.content.decode())
"""


def manage(data: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` with nothing of Sandglass in the environment but `env`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SANDGLASS_")}
    return subprocess.run(
        [sys.executable, "-W", "error", "manage.py", *words],
        cwd=ROOT,
        env={**clean, "SANDGLASS_DATA": str(data), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_check_passes_on_a_developers_machine(tmp_path: Path) -> None:
    """With an empty environment, nothing is missing."""
    done = manage(tmp_path, "check", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


def test_deployment_check_has_no_surprises(tmp_path: Path) -> None:
    """With the variables of a real site, Django's own list of mistakes stays empty."""
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


def test_health_answers_without_tls_in_production(tmp_path: Path) -> None:
    """A machine that asks its own service speaks plain HTTP and must not be sent elsewhere."""
    done = manage(tmp_path, "shell", "-v", "0", "-c", ASK_HEALTH, **PRODUCTION)
    assert done.stdout.split("\n")[0] == "200 Sandglass is up", done.stderr


def test_production_without_a_key_does_not_start(tmp_path: Path) -> None:
    """The key that everybody can read must never sign a real session."""
    done = manage(tmp_path, "check", **{**PRODUCTION, "SANDGLASS_SECRET_KEY": ""})
    assert done.returncode != 0
    assert "SANDGLASS_SECRET_KEY is not set" in done.stderr


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("YES", True), ("false", False), ("0", False), ("", True), (" ", True)],
)
def test_switches(value: str, *, expected: bool) -> None:
    """Clear words count; an empty one is the default."""
    assert read_bool({"SWITCH": value}, "SWITCH", default=True) is expected


def test_unclear_switch_is_refused() -> None:
    """A typing mistake must not switch debugging on or off by chance."""
    with pytest.raises(ImproperlyConfigured, match="SWITCH is 'offf'"):
        read_bool({"SWITCH": "offf"}, "SWITCH", default=True)


def test_lists() -> None:
    """Blanks and empty places fall out; nothing at all is the default."""
    assert read_list({"HOSTS": " a, ,b,"}, "HOSTS", default=["c"]) == ["a", "b"]
    assert read_list({"HOSTS": ","}, "HOSTS", default=["c"]) == ["c"]


def test_given_key_wins_while_debugging() -> None:
    """The development key is a default, no more."""
    assert read_secret({"KEY": "own"}, "KEY", debug=True) == "own"


@pytest.mark.parametrize("value", ["10/minute", "10 per 5 minutes", "10/5minutes", ""])
def test_rates(value: str) -> None:
    """As people write them; nothing is the default."""
    rate = read_rate({"RATE": value}, "RATE", default="10/hour")
    assert rate.amount == 10
    assert rate.get_expiry() in {60, 300, 3600}


@pytest.mark.parametrize("value", ["10", "0/minute", "1/hour; 2/day", "many"])
def test_a_rate_that_says_nothing_is_refused(value: str) -> None:
    """With its name, at the start, and not when the first student is held up by it."""
    with pytest.raises(ImproperlyConfigured, match="RATE is "):
        read_rate({"RATE": value}, "RATE", default="10/hour")


def test_nobody_debugs_under_a_name_that_others_know(tmp_path: Path) -> None:
    """The variable that was forgotten on a real site stops it: error pages would show all."""
    done = manage(tmp_path, "check", **{**PRODUCTION, "SANDGLASS_DEBUG": "yes"})
    assert done.returncode != 0
    assert "SANDGLASS_DEBUG is on and SANDGLASS_ALLOWED_HOSTS has grade.example.edu" in done.stderr


ASK_COOKIES = """
from django.conf import settings as s
from django.test import Client
client = Client(headers={"host": "grade.example.edu"})
print(client.get("/sign-in/")["Location"])
print(client.get("/healthz", secure=True)["Strict-Transport-Security"])
print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SANDGLASS_KNOWN_COOKIE)
print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY)
print(s.SESSION_COOKIE_PATH, s.CSRF_COOKIE_PATH, s.SESSION_COOKIE_DOMAIN, s.CSRF_COOKIE_DOMAIN)
"""


def test_a_real_site_speaks_tls_alone_and_its_cookies_are_its_own(tmp_path: Path) -> None:
    """No other host of the domain can read them or plant them, and no plain connection."""
    done = manage(tmp_path, "shell", "-v", "0", "-c", ASK_COOKIES, **PRODUCTION)
    assert done.stdout.splitlines()[:5] == [
        "https://grade.example.edu/sign-in/",
        "max-age=31536000; includeSubDomains; preload",
        "__Host-sessionid __Host-csrftoken __Host-known",
        "True True True",
        "/ / None None",
    ], done.stderr


@pytest.mark.parametrize(
    ("told", "hosts", "site"),
    [
        ("", ["a.example.edu", "b.example.edu"], "https://a.example.edu"),
        ("https://b.example.edu/", ["a.example.edu"], "https://b.example.edu"),
        ("https://b.example.edu", [".example.edu"], "https://b.example.edu"),
    ],
)
def test_a_site_has_an_address_of_its_own(told: str, hosts: list[str], site: str) -> None:
    assert read_site({"SITE": told}, "SITE", hosts, debug=False) == site


def test_a_pattern_of_names_is_no_address() -> None:
    with pytest.raises(ImproperlyConfigured, match="SITE is not set"):
        read_site({}, "SITE", [".example.edu"], debug=False)
    assert read_site({}, "SITE", ["*"], debug=True) == "http://localhost:8000"
