"""Asking other people's servers: by TLS, in public, for a few seconds, and for a few bytes.

Which address is asked may have been told by a stranger. So a connection to a private address ends
before anything is sent on it, whatever its name resolved to a moment earlier.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from grader.errors import GraderError

TIMEOUTS = (3.0, 7.0)
"""Seconds for a connection, and for each wait for bytes."""
_MOST_BYTES = 1_000_000
_OWN_MACHINE = {"localhost", "127.0.0.1", "::1"}


class OutsideFailed(GraderError):  # noqa: N818 - what happened, not which code
    """Another server gave no answer that can be used; the message says which and why."""


def checked_address(url: str) -> str:
    """The address, if it may be asked. Raises `OutsideFailed` with a sentence."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError as error:
        raise OutsideFailed(f"{url!r} is no address.") from error
    own = settings.SANDGLASS_LTI_PRIVATE and host in _OWN_MACHINE
    if not host or parts.scheme not in ("https", *(["http"] if own else [])):
        raise OutsideFailed(f"{url!r} does not begin with https:// and the name of a host.")
    if parts.username or parts.password:
        raise OutsideFailed(f"The address at {host} holds a name or a password.")
    return url


def fetch_json(url: str) -> Any:
    """The JSON at an address. Raises `OutsideFailed`."""
    return _asked("GET", url, {"Accept": "application/json"}, None)


def post_json(url: str, content: Mapping[str, Any], *, bearer: str = "") -> Any:
    """Send JSON and read JSON. Raises `OutsideFailed`."""
    authority = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    headers = {"Accept": "application/json", "Content-Type": "application/json", **authority}
    return _asked("POST", url, headers, json.dumps(content).encode())


def new_session() -> requests.Session:
    """A session of `requests` that speaks to public addresses, through no proxy of ours."""
    session = requests.Session()
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, _PublicAdapter())
    return session


def _asked(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Any:
    host = urlsplit(checked_address(url)).hostname
    try:
        with (
            new_session() as session,
            session.request(
                method,
                url,
                headers=dict(headers),
                data=body,
                timeout=TIMEOUTS,
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            if not 200 <= answer.status_code < 300:  # noqa: PLR2004 - success, by its definition
                raise OutsideFailed(f"{host} answered {answer.status_code}.")
            return json.loads(_few_bytes(answer, host))
    except requests.RequestException as error:
        raise OutsideFailed(f"{host} could not be asked: {type(error).__name__}.") from error
    except ValueError as error:
        raise OutsideFailed(f"{host} did not answer with JSON.") from error


def _few_bytes(answer: requests.Response, host: str | None) -> bytes:
    found = b""
    for part in answer.iter_content(65_536):
        found += part
        if len(found) > _MOST_BYTES:
            raise OutsideFailed(f"{host} answered with more than {_MOST_BYTES} bytes.")
    return found


def _in_public(connection: HTTPConnection, made: socket.socket) -> socket.socket:
    """The connection that was made, unless its other end is a private address."""
    if not settings.SANDGLASS_LTI_PRIVATE:
        peer = ip_address(made.getpeername()[0].partition("%")[0])
        if not (getattr(peer, "ipv4_mapped", None) or peer).is_global or peer.is_multicast:
            made.close()
            raise NewConnectionError(connection, "its address is a private one")
    return made


class _PublicConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _in_public(self, super()._new_conn())


class _PublicTlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _in_public(self, super()._new_conn())


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicTlsPool(HTTPSConnectionPool):
    ConnectionCls = _PublicTlsConnection


class _PublicAdapter(HTTPAdapter):
    def init_poolmanager(self, *words: Any, **options: Any) -> None:
        """As the library does, with connections that look where they lead."""
        super().init_poolmanager(*words, **options)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"http": _PublicPool, "https": _PublicTlsPool}
