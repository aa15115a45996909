"""A provider of OpenID Connect that another project has made, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from tests.servers import START_SECONDS, free_port

PEOPLE = [
    {"sub": "ada-1", "email": "ada@example.edu", "email_verified": True, "name": "Ada Lovelace"},
    {"sub": "eve-1", "email": "eve@example.edu", "email_verified": True, "name": "Eve"},
]


@contextmanager
def honest_provider() -> Iterator[str]:
    """Its address, for as long as the block runs."""
    port = free_port()
    people = [word for one in PEOPLE for word in ("--user-claims", json.dumps(one))]
    words = ["--port", str(port), "--require-nonce", "yes", *people]
    with subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_for(f"{url}/.well-known/openid-configuration", process)
            yield url
        finally:
            process.terminate()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, "the provider has ended"
        try:
            requests.get(address, timeout=5).raise_for_status()
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{address} does not answer")
