"""The first process of a guest sandbox: forks, routes frames, ends what must end.

It has imported what submissions need, so that a fork is all that a check costs. It never runs a
line of student code; student code runs in its forks, which have no way to the outside but a
socket to here. On standard input and output it speaks frames (`runners.wire.frames`); those of
scope 0 are for itself:

    controller  ("preload", names)
    controller  ("submission", submission, settings)    judge  ("open", id, scope, parent, seed)
    controller  ("reset",): forget the submission, and everything that it left
    judge       ("open", id, scope, 0, seed, device): a process that loads the submission anew
    judge       ("close", id, scope)                     judge  ("loaded", id)
    judge       ("memory", id, scope, reset)
    answers     ("opened", id), ("closed", id, info), ("refused", id, why), ("loaded", id),
                ("memory", id, usage), ("preloaded",)
    events      ("ready", facts), ("ended", scope, info)

The answer to "reset" is an empty frame of the controller's own, the last of a run.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import time
from pathlib import Path
from typing import Any, NoReturn

from runners.guest import fresh, pipe, process
from runners.guest.capture import Capture
from runners.guest.processes import kill_strays, memory_usage, out_of_memory_kills
from runners.guest.scope import Scope
from runners.guest.scratch import Scratch
from runners.wire import frames
from runners.wire.ahead import import_ahead
from runners.wire.decode import decode
from runners.wire.encode import encode

_CHUNK = 1024 * 1024
_BACKLOG = 4 * 1024 * 1024
_MAX_PID = 2**22


class Supervisor:
    """See the module's docstring. `line_in` and `line_out` are the sandbox's standard streams."""

    def __init__(self, line_in: int, line_out: int, facts: dict[str, str]) -> None:
        self._in, self._out = line_in, line_out
        self._selector = selectors.DefaultSelector()
        self._scopes: dict[int, Scope] = {}
        self._opening: dict[int, tuple[int, Scope]] = {}
        self._ending: dict[int, Scope] = {}
        self._inbox, self._outbox = bytearray(), bytearray()
        self._submission: dict[str, Any] = {"modules": [], "files": {}}
        self._settings: dict[str, Any] = {}
        self._limit = 64 * 1024**2
        own = {Path(os.environ["TMPDIR"]), Path(os.environ["HOME"])}
        # Only in a sandbox with a mount namespace of its own is /dev/shm nobody else's.
        self._scratch = Scratch([*own, *([Path("/dev/shm")] if os.getpid() == 1 else [])])  # noqa: S108
        self._tell("ready", facts)

    def run(self) -> None:
        """Serve until standard input ends."""
        for fd in (self._in, self._out):
            os.set_blocking(fd, False)
        self._selector.register(self._in, selectors.EVENT_READ, self._read_line)
        while self._in >= 0:
            self._arrange()
            for key, events in self._selector.select():
                if key.fd in self._selector.get_map():
                    key.data(events)
        for scope in self._scopes.values():
            scope.kill()
        kill_strays(set())

    def _arrange(self) -> None:
        """Watch for writing where something waits; read no guest while nobody reads us."""
        self._watch(self._out, selectors.EVENT_WRITE if self._outbox else 0, self._write_line)
        listen = selectors.EVENT_READ if len(self._outbox) < _BACKLOG else 0
        for scope in self._scopes.values():
            write = selectors.EVENT_WRITE if scope.outbox else 0
            self._watch(scope.sock.fileno(), listen | write, self._scope_reader(scope))

    def _watch(self, fd: int, events: int, callback: Any) -> None:
        known = self._selector.get_map().get(fd)
        if known is None and events:
            self._selector.register(fd, events, callback)
        elif known is not None and not events:
            self._selector.unregister(fd)
        elif known is not None and known.events != events:
            self._selector.modify(fd, events, callback)

    # The line to judge and controller

    def _read_line(self, _events: int) -> None:
        data = b""
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._in, _CHUNK)
            if not data:
                self._in = -1
                return
        self._inbox += data
        while len(self._inbox) >= frames.HEADER.size:
            length, number = frames.HEADER.unpack_from(self._inbox)
            end = frames.HEADER.size + length
            if len(self._inbox) < end:
                return
            payload = bytes(memoryview(self._inbox)[frames.HEADER.size : end])
            del self._inbox[:end]
            self._route(number, payload)

    def _route(self, number: int, payload: bytes) -> None:
        if number == frames.SUPERVISOR:
            message = decode(payload)
            getattr(self, f"_do_{message[0]}")(*message[1:])
        elif (scope := self._scopes.get(number)) is not None:
            scope.queue(pipe.DATA, payload)

    def _write_line(self, _events: int) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._outbox:
                sent = os.write(self._out, memoryview(self._outbox)[:_CHUNK])
                del self._outbox[:sent]

    def _tell(self, *message: Any) -> None:
        self._outbox += frames.pack(frames.SUPERVISOR, encode(message))
        if os.get_blocking(self._out):
            os.set_blocking(self._out, False)
        self._write_line(0)

    # What it is asked

    def _do_preload(self, names: tuple[str, ...]) -> None:
        import_ahead(names)
        self._tell("preloaded")

    def _do_submission(self, submission: dict[str, Any], settings: dict[str, Any]) -> None:
        self._submission, self._settings = submission, settings
        self._limit = settings["frame_bytes"] + _CHUNK
        for name, data in submission["files"].items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def _do_reset(self) -> None:
        for scope in list(self._scopes.values()):
            self._end(scope)
        self._ending.clear()
        kill_strays(set())
        self._scratch.empty()
        self._submission, self._settings = {"modules": [], "files": {}}, {}
        self._outbox += frames.pack(frames.CONTROL, b"")
        self._write_line(0)

    def _do_loaded(self, request: int) -> None:
        self._scratch.remember()
        self._tell("loaded", request)

    def _do_open(self, request: int, number: int, parent: int, seed: int, device: str = "") -> None:
        origin = self._scopes.get(parent)
        if parent and origin is None:
            self._tell("refused", request, "the process to fork from has ended")
            return
        ours, theirs = socket.socketpair()
        read, write = os.pipe()
        os.set_blocking(read, False)
        capture = Capture(self._settings["output_bytes"])
        scope = Scope(number, origin, ours, read, capture)
        scope.kills_before = out_of_memory_kills()
        if origin is None:
            scope.pid = self._fork(theirs, write, seed, device)
            self._opened(request, scope)
        else:
            origin.flush()
            socket.send_fds(origin.sock, [pipe.HEADER.pack(8, pipe.FORK)], [theirs.fileno(), write])
            origin.queue_raw(seed.to_bytes(8, "big"))
            self._opening[parent] = (request, scope)
        theirs.close()
        os.close(write)

    def _do_memory(self, request: int, number: int, reset: bool) -> None:
        scope = self._scopes.get(number)
        usage = memory_usage(scope.pid, reset=reset) if scope is not None else (0, 0)
        self._tell("memory", request, dict(zip(("now", "peak"), usage, strict=True)))

    def _fork(self, line: socket.socket, output: int, seed: int, device: str) -> int:
        pid = os.fork()
        if not pid:
            self._be_scope(line, output, seed, device)
        return pid

    def _be_scope(self, line: socket.socket, output: int, seed: int, device: str) -> NoReturn:
        # The fork keeps its own line and output; the way to the outside is closed for good.
        line_fd, output_fd = os.dup(line.fileno()), os.dup(output)
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
            fd = int(name)
            if fd > 2 and fd not in (line_fd, output_fd):  # noqa: PLR2004
                with contextlib.suppress(OSError):
                    os.close(fd)
        if device:
            settings = {**self._settings, "device": device}
            fresh.become_fresh(line_fd, output_fd, seed, self._submission, settings)
        process.become_scope(output_fd, seed)
        process.serve(socket.socket(fileno=line_fd), self._submission, self._settings)

    def _opened(self, request: int, scope: Scope) -> None:
        scope.sock.setblocking(False)
        self._scopes[scope.number] = scope
        self._selector.register(scope.output, selectors.EVENT_READ, lambda _: self._printed(scope))
        self._tell("opened", request)

    def _do_close(self, request: int, number: int) -> None:
        scope = self._scopes.get(number)
        info: dict[str, Any] = {"output": ""}
        if scope is not None:
            info = self._end(scope)
            self._reap(scope)
            kill_strays({other.pid for other in self._scopes.values()})
            self._scratch.restore()
        self._tell("closed", request, info)

    # Guest processes

    def _printed(self, scope: Scope) -> None:
        try:
            data = os.read(scope.output, 65536)
        except BlockingIOError:
            return
        if data:
            scope.capture.add(data)
        else:
            self._selector.unregister(scope.output)

    def _scope_reader(self, scope: Scope) -> Any:
        def ready(events: int) -> None:
            if events & selectors.EVENT_WRITE:
                scope.flush()
            if events & selectors.EVENT_READ:
                self._read_scope(scope)

        return ready

    def _read_scope(self, scope: Scope) -> None:
        try:
            data = scope.sock.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._ended(scope, "")
            return
        scope.inbox += data
        while scope.number in self._scopes and len(scope.inbox) >= pipe.HEADER.size:
            length, kind = pipe.HEADER.unpack_from(scope.inbox)
            if length > self._limit:
                self._ended(scope, "protocol")
                return
            end = pipe.HEADER.size + length
            if len(scope.inbox) < end:
                return
            payload = bytes(memoryview(scope.inbox)[pipe.HEADER.size : end])
            del scope.inbox[:end]
            self._from_scope(scope, kind, payload)

    def _from_scope(self, scope: Scope, kind: int, payload: bytes) -> None:
        if kind == pipe.DATA:
            self._outbox += frames.pack(scope.number, payload)
            self._write_line(0)
        elif kind == pipe.FORKED and scope.number in self._opening and len(payload) == 4:  # noqa: PLR2004 - a u32
            request, child = self._opening.pop(scope.number)
            (child.pid,) = pipe.U32.unpack(payload)
            if not 1 < child.pid < _MAX_PID:  # it refused, or lies; who lies harms itself alone
                child.close()
                self._tell("refused", request, "the process to fork from did not fork")
                return
            self._opened(request, child)
        elif kind == pipe.REAPED and len(payload) == pipe.PAIR.size:
            pid, status = pipe.PAIR.unpack(payload)
            ended = self._ending.pop(pid, None)
            if ended is not None:
                self._tell_end(ended, status, "")
        else:
            self._ended(scope, "protocol")

    def _end(self, scope: Scope) -> dict[str, Any]:
        """Kill a process and forget it; gives what it printed."""
        scope.kill()
        scope.drain_output()
        del self._scopes[scope.number]
        for fd in (scope.sock.fileno(), scope.output):
            self._watch(fd, 0, None)
        scope.close()
        for pid, child in list(self._ending.items()):
            if child.parent is scope:  # nobody is left who could say how it ended
                del self._ending[pid]
                self._tell_end(child, 0, "")
        pending = self._opening.pop(scope.number, None)
        if pending is not None:
            pending[1].close()
            self._tell("refused", pending[0], "the process to fork from has ended")
        return {"output": scope.capture.text()}

    def _ended(self, scope: Scope, why: str) -> None:
        """A process let go of its line, or broke the rules on it."""
        status = 0
        if not why and scope.parent is None:
            status = _wait_briefly(scope.pid)
        self._end(scope)
        if why or scope.parent is None or scope.parent.number not in self._scopes:
            self._tell_end(scope, status, why)
        else:
            self._ending[scope.pid] = scope
            self._reap(scope)

    def _reap(self, scope: Scope) -> None:
        if scope.parent is None:
            with contextlib.suppress(OSError):
                os.waitpid(scope.pid, 0)
        elif scope.parent.number in self._scopes:
            scope.parent.queue(pipe.REAP, pipe.U32.pack(scope.pid))

    def _tell_end(self, scope: Scope, status: int, why: str) -> None:
        info = {
            "output": scope.capture.text(),
            "why": why,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            "exit": os.WEXITSTATUS(status) if os.WIFEXITED(status) else -1,
            "memory": out_of_memory_kills() > scope.kills_before,
        }
        self._tell("ended", scope.number, info)


def _wait_briefly(pid: int) -> int:
    """The wait status of a child that has just closed its line."""
    for _ in range(100):
        with contextlib.suppress(ChildProcessError):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return status
        time.sleep(0.002)
    return 0
