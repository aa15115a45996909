"""A mail server for tests: takes mail on a port of its own, and refuses whom it is told to."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class MailServer(socketserver.ThreadingTCPServer):
    """What it took is in `taken`: recipient and text."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], refused: set[str]) -> None:
        self.taken: list[tuple[str, str]] = []
        self.refused = refused
        super().__init__(address, _Session)


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 here")
        to = ""
        while line := self.rfile.readline().decode().strip():
            word = line.partition(" ")[0].upper()
            if word == "RCPT":
                to = line.partition("<")[2].partition(">")[0]
                self._say("550 nobody of this name" if to in self.server.refused else "250 well")
            elif word == "DATA":
                self._say("354 go on")
                self.server.taken.append((to, self._text()))
                self._say("250 well")
            else:
                self._say("221 bye" if word == "QUIT" else "250 well")

    def _text(self) -> str:
        lines: list[str] = []
        while (line := self.rfile.readline().decode()) not in (".\r\n", ""):
            lines.append(line)
        return "".join(lines)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mail_server(settings: Any, *refused: str, port: int = 0) -> Iterator[MailServer]:
    """One that runs as long as the block, and is the site's."""
    with MailServer(("127.0.0.1", port), set(refused)) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield server
        server.shutdown()
