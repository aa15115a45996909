"""Single sign-on out of the environment: what is wrong stops the start, with its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from grader.models import User
from grader.settings.sign_on import read_oidc, read_passwords, read_saml
from tests.grader.test_settings import PRODUCTION, manage
from tests.web.sign_on.identity_provider import METADATA, certificate, new_key, pem

OIDC = {
    "SANDGLASS_OIDC_SERVER_URL": "https://idp.example.edu/realms/campus",
    "SANDGLASS_OIDC_CLIENT_ID": "sandglass",
    "SANDGLASS_OIDC_SECRET": "a secret",
}


@pytest.fixture
def saml(tmp_path: Path) -> dict[str, str]:
    """The fewest variables that name a provider of SAML."""
    (tmp_path / "idp.xml").write_text(METADATA)
    return {
        "SANDGLASS_SAML_METADATA_FILE": str(tmp_path / "idp.xml"),
        "SANDGLASS_SAML_DOMAINS": "example.edu, Connect.Example.edu",
    }


def test_nothing_named_is_nothing_there() -> None:
    """An empty variable is none, as compose passes on what is not set."""
    assert read_oidc({"SANDGLASS_OIDC_NAME": " "}, debug=False) is None
    assert read_saml({}, debug=False) is None
    assert read_passwords({}, others=False)


def test_a_provider_of_openid_connect() -> None:
    found = read_oidc({**OIDC, "SANDGLASS_OIDC_DOMAINS": "Example.edu"}, debug=False)
    assert found is not None
    assert (found.issuer, found.name) == (OIDC["SANDGLASS_OIDC_SERVER_URL"], "your university")
    assert (found.secret, found.domains) == ("a secret", ("example.edu",))


@pytest.mark.parametrize("ending", ["/", "/.well-known/openid-configuration"])
def test_the_address_of_discovery_means_its_issuer(ending: str) -> None:
    named = {**OIDC, "SANDGLASS_OIDC_SERVER_URL": OIDC["SANDGLASS_OIDC_SERVER_URL"] + ending}
    assert read_oidc(named, debug=False) == read_oidc(OIDC, debug=False)


def test_a_secret_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    plain = {name: value for name, value in OIDC.items() if name != "SANDGLASS_OIDC_SECRET"}
    found = read_oidc(
        {**plain, "SANDGLASS_OIDC_SECRET_FILE": str(tmp_path / "secret")}, debug=False
    )
    assert found is not None
    assert found.secret == "from a file"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"SERVER_URL": ""}, "SANDGLASS_OIDC_SERVER_URL is not set, and SANDGLASS_OIDC_CLIENT_ID"),
        ({"CLIENT_ID": ""}, "SANDGLASS_OIDC_CLIENT_ID is not set"),
        ({"SECRET": ""}, "Set either SANDGLASS_OIDC_SECRET or SANDGLASS_OIDC_SECRET_FILE"),
        ({"SECRET_FILE": "/nowhere"}, "Set either SANDGLASS_OIDC_SECRET or"),
        ({"SECRET": "", "SECRET_FILE": "/nowhere"}, "SANDGLASS_OIDC_SECRET_FILE names /nowhere"),
        ({"SERVER_URL": "idp.example.edu"}, "SANDGLASS_OIDC_SERVER_URL is 'idp.example.edu'"),
        ({"SERVER_URL": "http://idp.example.edu"}, "SANDGLASS_OIDC_SERVER_URL is "),
        ({"SERVER_URL": "http://localhost:9400"}, "SANDGLASS_OIDC_SERVER_URL is "),
        ({"SERVER_URL": f"https://{'a' * 200}.edu"}, "SANDGLASS_OIDC_SERVER_URL is longer"),
        ({"DOMAINS": "example.edu,@b"}, "SANDGLASS_OIDC_DOMAINS holds '@b'"),
    ],
    ids=str,
)
def test_a_wrong_value_is_named(changed: dict[str, str], told: str) -> None:
    env = {**OIDC, **{f"SANDGLASS_OIDC_{name}": value for name, value in changed.items()}}
    with pytest.raises(ImproperlyConfigured, match=f"^{told}"):
        read_oidc(env, debug=False)


def test_a_developers_provider_needs_no_tls() -> None:
    local = {**OIDC, "SANDGLASS_OIDC_SERVER_URL": "http://localhost:9400"}
    assert read_oidc(local, debug=True)


def test_a_provider_of_saml(saml: dict[str, str]) -> None:
    found = read_saml(saml, debug=False)
    assert found is not None
    assert found.domains == ("example.edu", "connect.example.edu")
    assert (found.metadata, found.key_text) == (METADATA.strip(), "")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"METADATA_FILE": ""}, "Set either SANDGLASS_SAML_METADATA_FILE or SANDGLASS_SAML_META"),
        ({"METADATA_URL": "https://a.edu"}, "Set either SANDGLASS_SAML_METADATA_FILE or"),
        ({"METADATA_FILE": "/nowhere"}, "SANDGLASS_SAML_METADATA_FILE names /nowhere"),
        ({"IDP": "https://another"}, "SANDGLASS_SAML_METADATA_FILE: these metadata tell of no "),
        ({"DOMAINS": ""}, "SANDGLASS_SAML_DOMAINS is not set"),
        ({"KEY_FILE": "/nowhere"}, "SANDGLASS_SAML_KEY_FILE names /nowhere"),
    ],
    ids=str,
)
def test_a_wrong_value_of_saml_is_named(
    saml: dict[str, str], changed: dict[str, str], told: str
) -> None:
    env = {**saml, **{f"SANDGLASS_SAML_{name}": value for name, value in changed.items()}}
    with pytest.raises(ImproperlyConfigured, match=f"^{told}"):
        read_saml(env, debug=False)


@pytest.mark.parametrize(
    "text", ["", "no XML", "<a/>", METADATA.replace("X509Certificate>", "Other>")], ids=range(4)
)
def test_a_file_of_something_else(saml: dict[str, str], text: str) -> None:
    Path(saml["SANDGLASS_SAML_METADATA_FILE"]).write_text(text)
    with pytest.raises(ImproperlyConfigured, match=r"^SANDGLASS_SAML_METADATA_FILE"):
        read_saml(saml, debug=False)


def test_a_key_and_the_certificate_of_another(saml: dict[str, str], tmp_path: Path) -> None:
    one, another = new_key(), new_key()
    (tmp_path / "key").write_text(pem(one))
    (tmp_path / "cert").write_text(certificate(another))
    env = {**saml, "SANDGLASS_SAML_KEY_FILE": str(tmp_path / "key")}
    with pytest.raises(ImproperlyConfigured, match=r"^Set both SANDGLASS_SAML_KEY_FILE and "):
        read_saml(env, debug=False)
    env["SANDGLASS_SAML_CERT_FILE"] = str(tmp_path / "cert")
    with pytest.raises(ImproperlyConfigured, match=r"^SANDGLASS_SAML_CERT_FILE is the cert"):
        read_saml(env, debug=False)
    (tmp_path / "cert").write_text(certificate(one))
    assert read_saml(env, debug=False)
    (tmp_path / "cert").write_text("none")
    with pytest.raises(ImproperlyConfigured, match="are not both in PEM"):
        read_saml(env, debug=False)


def test_nobody_is_locked_out_by_a_setting() -> None:
    with pytest.raises(ImproperlyConfigured, match="SANDGLASS_PASSWORDS is no and there"):
        read_passwords({"SANDGLASS_PASSWORDS": "no"}, others=False)
    assert not read_passwords({"SANDGLASS_PASSWORDS": "no"}, others=True)


ASK = """
from django.core.management import call_command
from django.urls import get_resolver
call_command("check", deploy=True, fail_level="WARNING")
names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
print(sorted(name for name in names if name.startswith(("sign", "saml", "social", "account"))))
"""


def asked(data: Path, **env: str) -> str:
    """The addresses of a real site that have to do with signing in."""
    done = manage(data, "shell", "-v", "0", "-c", ASK, **PRODUCTION, **env)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_a_real_site_with_both(tmp_path: Path, saml: dict[str, str]) -> None:
    """Its own addresses are there, and none of the library's."""
    assert asked(tmp_path, **OIDC, **saml) == str(
        [
            "saml-metadata",
            "sign-in",
            "sign-in-oidc",
            "sign-in-oidc-back",
            "sign-in-saml",
            "sign-in-saml-back",
            "sign-in-saml-done",
            "sign-out",
            "signed-out",
        ]
    )


def test_a_real_site_with_neither(tmp_path: Path) -> None:
    assert asked(tmp_path) == "['sign-in', 'sign-out']"


@pytest.mark.django_db
def test_checks_name_what_would_be_found_out_too_late(settings: Any) -> None:
    def told() -> list[str]:
        found = run_checks(databases=["default"])
        return [str(each.id) for each in found if str(each.id).startswith("grader.W")]

    settings.SANDGLASS_SSO_CREATES = True
    assert told() == ["grader.W003"]
    settings.SANDGLASS_OIDC = read_oidc(OIDC, debug=False)
    assert told() == []
    settings.SANDGLASS_PASSWORDS = False
    operator = User.objects.create_superuser("glass@example.edu", "Glass")
    assert told() == ["grader.W004"]
    operator.set_password("a word that only tests use")
    operator.save()
    assert told() == []


@pytest.mark.django_db
def test_before_there_are_tables_nothing_is_asked_of_them(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new site's first `migrate` runs the checks of the database before it makes any."""
    settings.SANDGLASS_PASSWORDS = False
    monkeypatch.setattr(connection.introspection, "table_names", list)
    monkeypatch.setattr(User.objects, "filter", None)
    assert run_checks(tags=["database"], databases=["default"]) == []
