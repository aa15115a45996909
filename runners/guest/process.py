"""One guest process: serves the judge's requests, and forks when a check needs a fresh one."""

from __future__ import annotations

import builtins
import contextlib
import os
import signal
import socket
import sys
import time
from typing import Any, NoReturn

from runners.guest import pipe
from runners.guest.modules import StudentModule, SubmissionFinder
from runners.guest.objects import GuestObjects
from runners.guest.operations import Operations, seed_library
from runners.guest.processes import be_ordinary
from runners.guest.raised import JUDGE_MARK
from runners.wire.caps import Caps
from runners.wire.errors import ChannelClosed
from runners.wire.peer import Peer, RaisedThere

_REAP_SECONDS = 0.2


class ProcessChannel:
    """The process's line to the judge. A fork of the process goes on with a line of its own."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._busy = 0

    def send(self, payload: bytes) -> None:
        """See `Channel`."""
        pipe.send(self._sock, pipe.DATA, payload)

    def receive(self) -> bytearray:
        """The next message of the judge. Forks on the way if it is told to."""
        while True:
            kind, payload, fds = pipe.receive(self._sock)
            if kind == pipe.DATA:
                return payload
            if kind == pipe.FORK:
                self._fork(payload, fds)
            elif kind == pipe.REAP:
                self._reap(pipe.U32.unpack(payload)[0])

    def _fork(self, payload: bytearray, fds: list[int]) -> None:
        pid = os.fork()
        if pid:
            for fd in fds:
                os.close(fd)
            pipe.send(self._sock, pipe.FORKED, pipe.U32.pack(pid))
            return
        self._sock.close()
        self._sock = socket.socket(fileno=fds[0])
        become_scope(fds[1], int.from_bytes(payload, "big"))

    def _reap(self, pid: int) -> None:
        status, deadline = 0, time.monotonic() + _REAP_SECONDS
        with contextlib.suppress(ChildProcessError):
            while True:
                done, status = os.waitpid(pid, os.WNOHANG)
                if done:
                    break
                if time.monotonic() > deadline:
                    # It let go of its line but lives on: whatever it is doing, it has ended.
                    os.kill(pid, signal.SIGKILL)
                    _, status = os.waitpid(pid, 0)
                    break
                time.sleep(0.002)
        pipe.send(self._sock, pipe.REAPED, pipe.PAIR.pack(pid, status & 0xFFFF))


def become_scope(output: int, seed: int) -> None:
    """What every fork does first: a session, output and randomness of its own."""
    os.setsid()
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    be_ordinary()
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("1000")  # when memory runs out, this process goes, not its supervisor
    for library in ("random", "numpy", "torch"):
        if library == "random" or library in sys.modules:
            seed_library(library, seed)


def serve(sock: socket.socket, submission: dict[str, Any], settings: dict[str, Any]) -> NoReturn:
    """The life of a guest process, after it was forked. Never returns to the supervisor's code."""
    status = 0
    try:
        _serve(sock, submission, settings)
    except ChannelClosed:
        pass
    except BaseException:  # noqa: BLE001 - a broken peer ends this process and nothing else
        status = 70
    finally:
        os._exit(status)


def _serve(sock: socket.socket, submission: dict[str, Any], settings: dict[str, Any]) -> None:
    modules = [StudentModule(plain) for plain in submission["modules"]]
    finder = SubmissionFinder(modules, settings["cell_seconds"])
    sys.meta_path.insert(0, finder)
    objects = GuestObjects()
    caps = Caps(frame_bytes=settings["frame_bytes"])
    device = settings.get("device", "cpu")
    operations = Operations(finder, objects)
    peer = Peer(ProcessChannel(sock), objects, operations.handle, caps, device)

    def ask_judge(number: int, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        try:
            with uncounted():
                return peer.ask("callback", (number,), arguments, named)
        except RaisedThere as raised:
            raise _from_judge(raised.details) from None

    def on_cell(origin: str, index: int) -> None:
        with contextlib.suppress(RaisedThere):
            peer.ask("loading", (origin, index))

    def ask_network(*request: Any) -> Any:
        return peer.ask("network", request)

    objects.ask_judge = ask_judge
    operations.ask_network = ask_network
    finder.on_cell = on_cell
    while True:
        peer.serve()


def uncounted() -> contextlib.AbstractContextManager[object]:
    """Hides from a measurement that values cross: it is none of the submission's work."""
    torch = sys.modules.get("torch")
    if torch is None:
        return contextlib.nullcontext()
    hidden: contextlib.AbstractContextManager[object] = torch._C._DisableTorchDispatch()  # noqa: SLF001 - there is no public way
    return hidden


def _from_judge(details: Any) -> Exception:
    """The judge's exception, as student code sees it: its kind, and not what it says."""
    known = details if isinstance(details, dict) else {}
    kind = getattr(builtins, str(known.get("builtin")), RuntimeError)
    try:
        error = kind("raised by a function of the check")
    except TypeError:
        error = None
    if not isinstance(error, Exception):
        error = RuntimeError("raised by a function of the check")
    setattr(error, JUDGE_MARK, known.get("judge"))
    return error
