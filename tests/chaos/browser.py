"""A student's browser, as far as the server can tell: a session, its cookies, the page's form."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from grader.models import Membership

_FIELD = re.compile(rb'<input type="hidden" name="(csrfmiddlewaretoken|token)" value="([^"]+)">')
_PLACE = re.compile(r"^/submissions/(\d+)/$")
_PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an upload."""

    status: int
    seconds: float
    """From its first byte to the last one of the answer."""
    submission: int | None
    """Where the browser was sent."""


class Browser:
    """One student who has signed in before, which is not what is measured."""

    def __init__(self, student: Membership, port: int) -> None:
        client = Client()
        client.force_login(student.user)
        self._cookies = {name: one.value for name, one in client.cookies.items()}
        self._port = port

    def hand_in(self, address: str, files: Mapping[str, bytes]) -> Answer:
        """Read the page, fill its form in and send it."""
        _, page, _ = self._ask("GET", address)
        fields = {name.decode(): value.decode() for name, value in _FIELD.findall(page)}
        chosen = [SimpleUploadedFile(name, data) for name, data in files.items()]
        body = encode_multipart(BOUNDARY, {**fields, "files": chosen})
        began = time.monotonic()
        response, _, status = self._ask("POST", address, body)
        place = _PLACE.match(response.headers.get("Location") or "")
        return Answer(status, time.monotonic() - began, int(place[1]) if place else None)

    def _ask(
        self, method: str, address: str, body: bytes | None = None
    ) -> tuple[HTTPResponse, bytes, int]:
        host = f"127.0.0.1:{self._port}"
        connection = HTTPConnection(host, timeout=_PATIENCE)
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {"Accept": "text/html", "Cookie": cookies, "Origin": f"http://{host}"}
        if body is not None:
            headers["Content-Type"] = MULTIPART_CONTENT
        try:
            connection.request(method, address, body, headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, _, rest = cookie.partition("=")
            self._cookies[name] = rest.partition(";")[0]
        return response, text, response.status
