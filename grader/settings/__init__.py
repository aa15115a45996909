"""Django's settings, read from the environment. Other modules read them through `django.conf`.

Every variable is explained in `grader/README.md`. A service that was set up without a thought
debugs, but then answers this machine alone.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF

from grader.logs import configuration
from grader.settings.env import (
    OWN_MACHINE,
    passwords_of,
    read_bool,
    read_choice,
    read_cpusets,
    read_int,
    read_list,
    read_rate,
    read_secret,
    read_site,
    read_url,
    require_own_machine,
)
from grader.settings.sign_on import read_oidc, read_passwords, read_saml

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SANDGLASS_DATA") or ROOT / ".data").resolve()
# The database, uploads on their way and static files need a place from the start.
for _folder in ("incoming", "static"):
    (DATA / _folder).mkdir(parents=True, exist_ok=True)

DEBUG = read_bool(os.environ, "SANDGLASS_DEBUG", default=True)
SECRET_KEY = read_secret(os.environ, "SANDGLASS_SECRET_KEY", debug=DEBUG)
# Former keys, by spaces: what was signed or sealed by them still opens.
SECRET_KEY_FALLBACKS = os.environ.get("SANDGLASS_SECRET_KEY_FALLBACKS", "").split()
ALLOWED_HOSTS = read_list(os.environ, "SANDGLASS_ALLOWED_HOSTS", default=OWN_MACHINE)
require_own_machine(ALLOWED_HOSTS, debug=DEBUG)
# Its own address, as in mails and in what other systems are told.
SANDGLASS_SITE = read_site(os.environ, "SANDGLASS_SITE", ALLOWED_HOSTS, debug=DEBUG)
CSRF_TRUSTED_ORIGINS = read_list(os.environ, "SANDGLASS_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "bootstrap",
    # Single sign-on. Its tables are there whether or not a site has it, so that a backup of one
    # site fits another; without its settings no address leads to it.
    "allauth.account",
    "allauth.socialaccount",
    "grader",
    "web",
]
MIDDLEWARE = [
    "web.headers.apart",
    "web.encoding.utf8",
    "web.requests.NumberedRequests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "web.urls"
ASGI_APPLICATION = "web.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.sign_in.ways",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- database ---------------------------------------------------------------------------------

_SQLITE: dict[str, Any] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATA / "sandglass.sqlite3",
    # A writer takes its lock when the transaction begins, so that two writers wait for each
    # other; with a lock taken later, SQLite refuses the second one at once.
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
}


def _postgres(url: str) -> dict[str, Any]:
    parsed: dict[str, Any] = dict(dj_database_url.parse(url))
    # Each request gets a connection from a pool: the server's threads are many, and kept
    # connections would be as many.
    parsed["CONN_HEALTH_CHECKS"] = True  # a restarted database has cut what the pool still holds
    parsed["OPTIONS"] = {**parsed.get("OPTIONS", {}), "pool": {"min_size": 1, "max_size": 12}}
    return parsed


_DATABASE_URL = read_url(os.environ, "SANDGLASS_DATABASE_URL", ["postgres", "postgresql"])
DATABASES = {"default": _postgres(_DATABASE_URL) if _DATABASE_URL else _SQLITE}

# --- files ------------------------------------------------------------------------------------

_BUCKET = os.environ.get("SANDGLASS_S3_BUCKET", "")
_FILES: dict[str, Any] = (
    {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": _BUCKET,
            "endpoint_url": os.environ.get("SANDGLASS_S3_ENDPOINT") or None,
            "default_acl": "private",
            "file_overwrite": True,  # names are hashes: the same name has the same bytes
        },
    }
    if _BUCKET
    else {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA / "files", "base_url": None},
    }
)
STORAGES = {
    "default": _FILES,
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
WHITENOISE_USE_FINDERS = DEBUG
# A homework's own limit is checked by triage; this only keeps a form from filling the disk.
SANDGLASS_UPLOAD_BYTES = read_int(os.environ, "SANDGLASS_UPLOAD_MB", default=50) * 1_000_000
DATA_UPLOAD_MAX_NUMBER_FILES = 200
FILE_UPLOAD_TEMP_DIR = DATA / "incoming"  # beside the files, so that a move is at once

# --- queue ------------------------------------------------------------------------------------

SANDGLASS_BROKER_URL = (
    read_url(os.environ, "SANDGLASS_BROKER_URL", ["redis", "rediss", "redis+socket"])
    or "redis://127.0.0.1:6379/0"
)

# --- grading ----------------------------------------------------------------------------------

SANDGLASS_SANDBOX = read_choice(
    os.environ, "SANDGLASS_SANDBOX", ["auto", "docker", "bubblewrap", "process"], default="auto"
)
# Another runtime of the Docker engine's: `runsc` is gVisor, which puts a kernel of its own between.
SANDGLASS_DOCKER_RUNTIME = os.environ.get("SANDGLASS_DOCKER_RUNTIME", "").strip()
# Cores for each grading process of a worker, by semicolons: `0-1;2-3`.
SANDGLASS_DOCKER_CPUSETS = read_cpusets(os.environ, "SANDGLASS_DOCKER_CPUSETS")
SANDGLASS_ALLOW_PROCESS = read_bool(os.environ, "SANDGLASS_ALLOW_PROCESS", default=DEBUG)
# Guests that each process of a worker keeps ready.
SANDGLASS_POOL = read_int(os.environ, "SANDGLASS_POOL", default=1)
# Grade also where `doctor` finds that student code is not held.
SANDGLASS_GRADE_UNFIT = read_bool(os.environ, "SANDGLASS_GRADE_UNFIT", default=False)
SANDGLASS_RECEIPT_KEY = read_secret(os.environ, "SANDGLASS_RECEIPT_KEY", debug=DEBUG)

# A homework that is in force no more stays unpacked on a worker's disk for so long.
SANDGLASS_KEEP_UNPACKED = timedelta(
    days=read_int(os.environ, "SANDGLASS_KEEP_UNPACKED_DAYS", default=30)
)
# Staff are told when a submission waits longer than this.
SANDGLASS_LONG_WAIT = timedelta(
    minutes=read_int(os.environ, "SANDGLASS_LONG_WAIT_MINUTES", default=30)
)

# --- learning management systems --------------------------------------------------------------

# Let them be at private addresses, and on this machine without TLS.
SANDGLASS_LTI_PRIVATE = read_bool(os.environ, "SANDGLASS_LTI_PRIVATE", default=DEBUG)

# --- people -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "grader.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("MinimumLengthValidator", {"min_length": 10}),
        ("UserAttributeSimilarityValidator", {"user_attributes": ("email", "name")}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
AUTHENTICATION_BACKENDS = ["web.sign_in.Backend"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
SESSION_ENGINE = "web.sessions"
SESSION_COOKIE_AGE = read_int(os.environ, "SANDGLASS_SESSION_IDLE_HOURS", default=72) * 3600
SANDGLASS_SESSION_AGE = read_int(os.environ, "SANDGLASS_SESSION_DAYS", default=14) * 24 * 3600
SESSION_COOKIE_SAMESITE = "Lax"

# --- single sign-on ---------------------------------------------------------------------------

SANDGLASS_OIDC = read_oidc(os.environ, debug=DEBUG)
SANDGLASS_SAML = read_saml(os.environ, debug=DEBUG)
SANDGLASS_SSO_CREATES = read_bool(os.environ, "SANDGLASS_SSO_CREATES", default=False)
SANDGLASS_PASSWORDS = read_passwords(os.environ, others=bool(SANDGLASS_OIDC or SANDGLASS_SAML))
# The library's own pages have no address here; these say that an account is an address.
ACCOUNT_ADAPTER = "web.sign_on.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
SOCIALACCOUNT_ADAPTER = "web.sign_on.adapters.SocialAdapter"
# A form that leads to another site is stopped by our own policy; a link does it.
SOCIALACCOUNT_LOGIN_ON_GET = True

# --- how often --------------------------------------------------------------------------------

# What each counts, and what a stranger can do with it, stands in `grader/README.md`.
SANDGLASS_LIMITS = {
    name: read_rate(os.environ, variable, default=default)
    for name, variable, default in (
        ("sign-in", "SANDGLASS_LIMIT_SIGN_IN", "10/5 minutes"),
        ("sign-in-account", "SANDGLASS_LIMIT_SIGN_IN_ACCOUNT", "60/hour"),
        ("sign-in-address", "SANDGLASS_LIMIT_SIGN_IN_ADDRESS", "600/10 minutes"),
        ("sign-on", "SANDGLASS_LIMIT_SIGN_ON", "2000/10 minutes"),
        ("reset", "SANDGLASS_LIMIT_RESET", "5/hour"),
        ("reset-address", "SANDGLASS_LIMIT_RESET_ADDRESS", "600/hour"),
        ("upload", "SANDGLASS_LIMIT_UPLOAD", "10/minute"),
        ("download", "SANDGLASS_LIMIT_DOWNLOAD", "300/minute"),
        ("live", "SANDGLASS_LIMIT_LIVE", "60/minute"),
        ("lti", "SANDGLASS_LIMIT_LTI", "1500/minute"),
        ("api", "SANDGLASS_LIMIT_API", "300/minute"),
    )
}
SANDGLASS_LIVE_AT_ONCE = read_int(os.environ, "SANDGLASS_LIVE_AT_ONCE", default=20)

# --- mail -------------------------------------------------------------------------------------

_MAIL = read_url(os.environ, "SANDGLASS_MAIL_URL", ["smtp", "smtps"])
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("SANDGLASS_MAIL_FROM", "sandglass@localhost")
if _MAIL:
    from urllib.parse import unquote, urlsplit

    _server = urlsplit(_MAIL)
    EMAIL_HOST, EMAIL_PORT = _server.hostname or "localhost", _server.port or 587
    EMAIL_HOST_USER = unquote(_server.username or "")
    EMAIL_HOST_PASSWORD = unquote(_server.password or "")
    EMAIL_USE_SSL = _server.scheme == "smtps"
    EMAIL_USE_TLS = _server.scheme == "smtp" and bool(EMAIL_HOST_USER)
    EMAIL_TIMEOUT = 10
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA / "mail"

# --- time and language ------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"  # what a course's people read is in the course's own zone
LANGUAGE_CODE = "en-gb"
USE_I18N = False

# --- what a browser may do with a page --------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap draws its arrows as data: pictures
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# Off a developer's machine, everything goes over TLS.
SECURE_SSL_REDIRECT = not DEBUG
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # asked by the machine itself, without TLS
SECURE_HSTS_SECONDS = 0 if DEBUG else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEBUG
SECURE_HSTS_PRELOAD = not DEBUG
SESSION_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SECURE = not DEBUG
# Browsers take a cookie of such a name over TLS alone, for this host and all of it: no other host
# of the domain can plant one.
_OURS = "" if DEBUG else "__Host-"
SESSION_COOKIE_NAME = f"{_OURS}sessionid"
CSRF_COOKIE_NAME = f"{_OURS}csrftoken"
SANDGLASS_KNOWN_COOKIE = f"{_OURS}known"
SANDGLASS_LTI_COOKIE = f"{_OURS}lti"
# TLS ends at a proxy; only one that overwrites this header may stand before the service.
SANDGLASS_PROXIES = 0
"""How many proxies have each noted in `X-Forwarded-For` whom they heard."""
if read_bool(os.environ, "SANDGLASS_BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SANDGLASS_PROXIES = read_int(os.environ, "SANDGLASS_PROXIES", default=1)

# --- logs and metrics -------------------------------------------------------------------------

SANDGLASS_METRICS_TOKEN = os.environ.get("SANDGLASS_METRICS_TOKEN", "")
_LOG = read_choice(
    os.environ, "SANDGLASS_LOG", ["json", "text"], default="text" if DEBUG else "json"
)
_SECRETS = [SECRET_KEY, *SECRET_KEY_FALLBACKS, SANDGLASS_RECEIPT_KEY, SANDGLASS_METRICS_TOKEN]
if SANDGLASS_OIDC:
    _SECRETS.append(SANDGLASS_OIDC.secret)
for _url in (_DATABASE_URL, SANDGLASS_BROKER_URL, _MAIL):
    _SECRETS += passwords_of(_url)
LOGGING = configuration(_LOG, debug=DEBUG, secrets=_SECRETS)
LOGGING_CONFIG = "logging.config.dictConfig"
