"""A guest process for checks on a GPU: no fork of one that has loaded the submission.

CUDA cannot be used after a fork of a process that has used it, and loading a submission may use
it. So such a check gets a process that loads the submission anew, in a folder of its own that
holds what the upload held:

- on a GPU, a new Python interpreter (`python -m runners.guest.fresh`), the only process of the
  sandbox that sees the GPU: from the others it is hidden, so that no code of the submission
  decides for a GPU while it is loaded and then fails in every fork;
- on the CPU, a fork of the supervisor, which has run no line of the submission. To the check it
  is the same thing, and it costs no second import of torch.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from runners.guest import process
from runners.guest.threads import keep_to_one_thread
from runners.wire.ahead import import_ahead
from runners.wire.decode import decode
from runners.wire.encode import encode

PACKAGES = ("torch", "numpy", "runners.wire.autograd")
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_MODULE = "runners.guest.fresh"
_given = ""


def hide_gpus() -> None:
    """Let no process that is forked from this one see a GPU."""
    global _given  # noqa: PLW0603 - of this process, like its environment
    _given = os.environ.pop(_VISIBLE, "")
    os.environ[_VISIBLE] = ""


def become_fresh(
    line: int,
    output: int,
    seed: int,
    submission: dict[str, Any],
    settings: dict[str, Any],
) -> NoReturn:
    """Be the process that loads the submission anew; for a new fork of the supervisor."""
    if settings["device"] == "cpu":
        process.become_scope(output, seed)
        _serve(line, submission, settings)
    order = os.memfd_create("order", 0)
    with os.fdopen(os.dup(order), "wb") as file:
        file.write(encode((submission, settings, seed)))
    for fd in (line, output):
        os.set_inheritable(fd, True)
    # The interpreter and its options are the supervisor's own; the last one names the module.
    command = [*sys.orig_argv[:-1], _MODULE, *map(str, (line, output, order))]
    os.execve(command[0], command, {**os.environ, _VISIBLE: _given})  # noqa: S606 - no shell


def main() -> None:
    """Take over from the supervisor's fork: descriptors of line, output and order are arguments."""
    line, output, order = map(int, sys.argv[-3:])
    os.lseek(order, 0, os.SEEK_SET)
    with os.fdopen(order, "rb") as file:
        submission, settings, seed = decode(file.read())
    import_ahead([*PACKAGES, *settings["preload"]])
    keep_to_one_thread()
    process.become_scope(output, seed)
    _serve(line, submission, settings)


def _serve(line: int, submission: dict[str, Any], settings: dict[str, Any]) -> NoReturn:
    """Serve in a folder of its own: what loading wrote the first time is not in the way."""
    folder = tempfile.mkdtemp(prefix="fresh-")
    os.chdir(folder)
    sys.path[:] = [folder, *(path for path in sys.path if path != os.environ["TMPDIR"])]
    for name, data in submission["files"].items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(data)
    process.serve(socket.socket(fileno=line), submission, settings)


if __name__ == "__main__":
    main()
