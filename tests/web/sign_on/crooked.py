"""A provider of OpenID Connect that answers whatever a test wants, right or wrong.

It keeps to the protocol where no test says otherwise, and asks for the PKCE verifier.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT = "sandglass"
KEY = rsa.generate_private_key(65537, 2048)
ANOTHER_KEY = rsa.generate_private_key(65537, 2048)


class Crooked:
    """What it says next; each part can be replaced."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.discovery: dict[str, Any] = {
            "issuer": url,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "userinfo_endpoint": f"{url}/userinfo",
            "jwks_uri": f"{url}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }
        self.asked: dict[str, str] = {}
        """What came with the reader who was sent here."""
        self.claims: dict[str, Any] = {}
        """What the token says beside or in place of what is right."""
        self.person: dict[str, Any] = {"sub": "ada-1", "email": "ada@example.edu"}
        self.person |= {"email_verified": True, "name": "Ada Lovelace"}
        self.key: Any = KEY
        self.header: dict[str, Any] = {"kid": "one"}
        self.algorithm = "RS256"
        self.broken = ""
        """An address that answers 500."""
        self.tokens_given = 0

    def id_token(self) -> str:
        now = int(time.time())
        plain = {"iss": self.url, "aud": CLIENT, "sub": "ada-1", "iat": now, "exp": now + 60}
        claims = {**plain, "nonce": self.asked["nonce"], **self.claims}
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, self.key, self.algorithm, headers=self.header)

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, Any]:
        if path == self.broken:
            return 500, {}
        answers: dict[str, Callable[[], Any]] = {
            "/.well-known/openid-configuration": lambda: self.discovery,
            "/jwks": self._jwks,
            "/userinfo": lambda: self.person,
            "/token": lambda: self._token(form),
        }
        return 200, answers[path]()

    def _jwks(self) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}

    def _token(self, form: dict[str, str]) -> dict[str, Any]:
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != self.asked["code_challenge"]:
            return {"error": "invalid_grant"}
        if form["client_secret"] != "the secret of tests":
            return {"error": "invalid_client"}
        self.tokens_given += 1
        return {"access_token": "one", "token_type": "Bearer", "id_token": self.id_token()}


def public_pem() -> bytes:
    """The key that everybody may know, as text."""
    return KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@contextmanager
def crooked() -> Iterator[Crooked]:
    """One that listens for as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.reply({name: values[0] for name, values in parse_qs(body).items()})

        def reply(self, form: dict[str, str]) -> None:
            status, found = provider.answer(urlsplit(self.path).path, form)
            content = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Crooked(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
