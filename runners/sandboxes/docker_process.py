"""A running container as a byte stream each way: attach, demultiplex, kill, account."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import struct
import threading
import weakref
from dataclasses import replace
from typing import Any

import docker
import docker.errors
import requests

from runners.sandboxes.base import Ending, SandboxGone
from runners.sandboxes.cgroups import Usage, usage_of
from runners.sandboxes.stderr import StderrDrain

log = logging.getLogger(__name__)

ENGINE_ERRORS = (docker.errors.DockerException, requests.exceptions.RequestException)
"""What the SDK raises when the engine refuses, or does not answer."""

_HEADER = struct.Struct(">BxxxI")
_CHUNK = 256 * 1024
_LAST_WORDS_SECONDS = 0.5
_SIGNALLED = 128  # the engine reports death by signal n as exit code 128 + n


class AttachedStream:
    """One attached connection. The engine frames output: a type, a length, the bytes."""

    def __init__(self, client: docker.APIClient, container: str, *streams: str) -> None:
        wanted = dict.fromkeys((*streams, "stream"), 1)
        # The SDK's object owns the response, and the response the connection: keep it alive.
        self._owner: Any = client.attach_socket(container, wanted)
        self._socket: socket.socket = getattr(self._owner, "_sock", self._owner)
        self._socket.settimeout(None)
        self._raw = bytearray()
        self._ready = bytearray()
        self._left_in_frame = 0

    def send(self, data: bytes | memoryview) -> None:
        """Write all of it."""
        self._socket.sendall(data)

    def receive(self, size: int) -> bytes:
        """Up to `size` bytes of output, without the framing; empty at the end."""
        while not self._ready:
            chunk = self._socket.recv(_CHUNK)
            if not chunk:
                return b""
            self._unframe(chunk)
        taken = bytes(memoryview(self._ready)[:size])
        del self._ready[:size]
        return taken

    def _unframe(self, chunk: bytes) -> None:
        if self._raw:
            chunk = bytes(self._raw) + chunk
            self._raw.clear()
        view, at = memoryview(chunk), 0
        while at < len(view):
            if self._left_in_frame:
                piece = view[at : at + self._left_in_frame]
                self._ready += piece
                self._left_in_frame -= len(piece)
                at += len(piece)
            elif len(view) - at < _HEADER.size:
                self._raw += view[at:]
                return
            else:
                _, self._left_in_frame = _HEADER.unpack_from(view, at)
                at += _HEADER.size

    def shut_writing(self) -> None:
        """Wake whoever blocks in `send`; what was said can still be received."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def shut(self) -> None:
        """Wake whoever blocks in `send` or `receive`. The descriptor stays ours until the end."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connection; nobody may be using it."""
        self.shut()
        response: Any = getattr(self._owner, "_response", None)
        for part in (self._socket, response, self._owner):
            if part is not None:
                with contextlib.suppress(OSError):
                    part.close()


class DockerProcess:
    """A started container. Made by `DockerSandbox.start`."""

    def __init__(
        self,
        client: docker.APIClient,
        container: str,
        talk: AttachedStream,
        errors: AttachedStream,
        image: str,
    ) -> None:
        self._client = client
        self.container = container
        self.image = image
        self._talk = talk
        self._errors = errors
        self._stderr = StderrDrain(errors.receive, container, self._on_last_words)
        self._lock = threading.Lock()
        self._ending: Ending | None = None
        # Not in `kill`: a thread may still be about to read, and the number of a closed descriptor
        # is soon somebody else's. When the last reference is gone, nobody is.
        weakref.finalize(self, _close, talk, errors)

    def send(self, data: bytes | memoryview) -> None:
        """Write all of `data` to the process."""
        try:
            self._talk.send(data)
        except OSError as error:
            raise SandboxGone("The sandbox ended before it read everything.") from error

    def receive(self, size: int) -> bytes:
        """Read up to `size` bytes of what the process wrote."""
        try:
            return self._talk.receive(size)
        except OSError:
            return b""

    def kill(self) -> Ending:
        """Remove the container and everything in it."""
        self._talk.shut()
        with self._lock:
            if self._ending is None:
                self._ending = self._end()
            return self._ending

    def measure(self) -> Ending:
        """How it stands now, in milliseconds; the process goes on."""
        return self._account()

    def _end(self) -> Ending:
        account = self._account()
        remove_container(self._client, self.container)
        stderr = self._stderr.finish(_LAST_WORDS_SECONDS)
        self._errors.shut()
        if account.exit_code is None and account.signal is None:
            account = replace(account, signal=int(signal.SIGKILL))
        return replace(account, stderr=stderr)

    def _account(self) -> Ending:
        state = self._state()
        usage = Usage()
        if state.get("Running"):
            usage = usage_of(int(state["Pid"]), self.container) or self._engine_statistics()
        code, number = _how_it_ended(state)
        return Ending(
            exit_code=code,
            signal=number,
            out_of_memory=usage.out_of_memory or bool(state.get("OOMKilled")),
            cpu_seconds=usage.cpu_seconds,
            peak_bytes=usage.peak_bytes,
        )

    def _on_last_words(self) -> None:
        """Wake a writer: the engine goes on holding the connection of a container that ended."""
        if not self._state().get("Running"):
            self._talk.shut_writing()

    def _state(self) -> dict[str, Any]:
        try:
            return dict(self._client.inspect_container(self.container)["State"])
        except ENGINE_ERRORS as error:
            # A reaper may have been quicker; else the removal that follows reports the trouble.
            log.info("container %s cannot be inspected: %s", self.container, error)
            return {}

    def _engine_statistics(self) -> Usage:
        """For an engine on another machine."""
        try:
            found = self._client.stats(self.container, stream=False, one_shot=True)
        except ENGINE_ERRORS as error:
            log.info("no statistics of container %s: %s", self.container, error)
            return Usage()
        memory = found.get("memory_stats", {})
        nanoseconds = found.get("cpu_stats", {}).get("cpu_usage", {}).get("total_usage")
        return Usage(
            cpu_seconds=None if nanoseconds is None else nanoseconds / 1e9,
            peak_bytes=memory.get("max_usage", memory.get("usage")),
        )


def _how_it_ended(state: dict[str, Any]) -> tuple[int | None, int | None]:
    """Exit code and signal; neither while it runs."""
    if state.get("Running") or not state:
        return None, None
    code = int(state.get("ExitCode", 0))
    return (None, code - _SIGNALLED) if code > _SIGNALLED else (code, None)


def _close(*streams: AttachedStream) -> None:
    for stream in streams:
        stream.close()


def remove_container(client: docker.APIClient, container: str) -> bool:
    """Kill and remove, with its volumes; True when it is certainly gone."""
    try:
        client.remove_container(container, force=True, v=True)
    except docker.errors.NotFound:
        return True
    except ENGINE_ERRORS as error:
        # Also "removal is already in progress": what counts is whether it is still there.
        log.warning("container %s: removing it failed: %s", container, error)
    return _is_gone(client, container)


def _is_gone(client: docker.APIClient, container: str) -> bool:
    try:
        client.inspect_container(container)
    except docker.errors.NotFound:
        return True
    except ENGINE_ERRORS as error:
        log.warning("container %s: nobody knows whether it is gone: %s", container, error)
        return False
    log.error("container %s is still there; the reaper has to remove it", container)
    return False
