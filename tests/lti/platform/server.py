"""The platform's addresses, and the process that answers them."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.lti.platform import registration
from tests.lti.platform.admin import Admin
from tests.lti.platform.http import Answer, Refused, Request, json_answer, single
from tests.lti.platform.keys import Keys
from tests.lti.platform.launches import Launches
from tests.lti.platform.personality import Personality
from tests.lti.platform.services import Services
from tests.lti.platform.trouble import Dropped, Troubles
from tests.lti.platform.world import World


class Platform:
    """Which address leads to which part."""

    def __init__(self, personality: Personality, world: World) -> None:
        self._is, self._world, self._keys = personality, world, Keys()
        self._troubles = Troubles()
        self._services = Services(self._is, world, self._keys)
        self._launches = Launches(self._is, world, self._keys)
        self._admin = Admin(self._is, world, self._keys, self._troubles)

    def answer(self, request: Request) -> Answer:
        """The answer, or the trouble that the tests ordered in its place."""
        if request.path.startswith("/admin/"):
            return self._admin.answer(request.path.removeprefix("/admin/"), request)
        part = self._part(request.path)
        trouble = self._troubles.next(part)
        if trouble is None or trouble.acts or trouble.what == "slow":
            answer = self._truth(request, part)
        if trouble is not None:
            time.sleep(trouble.seconds)
            if trouble.what != "slow":
                answer = trouble.answer()
        self._world.answered[f"{part} {answer.status}"] += 1
        return answer

    def _part(self, path: str) -> str:
        if asked := self._is.item_asked(path):
            return asked[1] or "items"
        parts = {
            self._is.items_path: "items",
            self._is.token_path: "token",
            self._is.members_path: "members",
            self._is.jwks_path: "jwks",
        }
        return parts.get(path, "pages")

    def _truth(self, request: Request, part: str) -> Answer:
        try:
            return self._routed(request, part)
        except Refused as refused:
            return refused.answer

    def _routed(self, request: Request, part: str) -> Answer:
        if asked := self._is.item_asked(request.path):
            return self._services.item(request, *asked)
        match part:
            case "items":
                return self._services.items(request)
            case "token":
                return self._services.token(request)
            case "members":
                return self._services.members(request)
            case "jwks":
                return json_answer(self._keys.told())
        return self._page(request)

    def _page(self, request: Request) -> Answer:
        if request.path == self._is.auth_path:
            return self._launches.authorise(request)
        match request.path:
            case "/launch":
                return self._launches.begin(request)
            case "/deep-links":
                return self._launches.deep_linked(request)
            case "/openid-configuration":
                return registration.configuration(self._is, self._world)
            case "/register":
                return registration.register(request, self._world)
        raise Refused(404, "nothing is here")


def serve(personality: Personality, world: World, port: int) -> None:
    """Answer until the process ends."""
    platform = Platform(personality, world)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            where = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                method=self.command,
                path=where.path,
                query=single(parse_qs(where.query, keep_blank_values=True)),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length),
            )
            try:
                answer = platform.answer(request)
            except Dropped:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(answer.status, answer.reason)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the library's names

        def log_message(self, *words: Any) -> None:
            """Say nothing: the tests ask for what happened."""

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
