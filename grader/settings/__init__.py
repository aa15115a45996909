"""Django's settings, read from the environment. Other modules read them through `django.conf`.

| variable | meaning | default |
|---|---|---|
| `SANDGLASS_DEBUG` | a developer's machine: details in error pages, no TLS | yes |
| `SANDGLASS_SECRET_KEY` | signs sessions; 50 random characters | required when not debugging |
| `SANDGLASS_ALLOWED_HOSTS` | the site's host names, by commas | this machine's own |
| `SANDGLASS_DATA` | folder of the database | `.data` |

A service that was set up without a thought debugs, but then answers this machine alone.
"""

from __future__ import annotations

import os
from pathlib import Path

from grader.settings.env import read_bool, read_list, read_secret_key

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SANDGLASS_DATA") or ROOT / ".data")

DEBUG = read_bool(os.environ, "SANDGLASS_DEBUG", default=True)
SECRET_KEY = read_secret_key(os.environ, "SANDGLASS_SECRET_KEY", debug=DEBUG)
ALLOWED_HOSTS = read_list(
    os.environ, "SANDGLASS_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"]
)

INSTALLED_APPS = ["grader"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "web.urls"
TEMPLATES: list[dict[str, object]] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = {
    "default": {
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
}

USE_TZ = True
TIME_ZONE = "Asia/Hong_Kong"

# Off a developer's machine, everything goes over TLS.
SECURE_SSL_REDIRECT = not DEBUG
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # asked by the machine itself, without TLS
SECURE_HSTS_SECONDS = 0 if DEBUG else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEBUG
SECURE_HSTS_PRELOAD = not DEBUG
SESSION_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SECURE = not DEBUG
