"""`python -m runners.judge`: a warm judge. It forks for each run and never runs one itself."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from typing import Any

from runners.wire import frames
from runners.wire.ahead import import_ahead
from runners.wire.caps import Caps
from runners.wire.decode import decode
from runners.wire.encode import encode
from runners.wire.errors import ChannelClosed
from runners.wire.streams import take_streams

_PACKAGES = ("torch", "numpy", "pytest")
_ORDER_BYTES = 256 * 1024**2


def main() -> None:
    """Serve runs until standard input ends."""
    line_in, line_out = take_streams()
    os.chdir(os.environ["TMPDIR"])
    import_ahead([*_PACKAGES, "runners.judge.session", "runners.wire.autograd"])
    # A fork of a process with an OpenMP team hangs in its first parallel loop.
    sys.modules["torch"].set_num_threads(1)
    facts = {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}
    _tell(line_out, event="ready", facts=facts)
    while True:
        try:
            _, payload = frames.read_frame(lambda size: os.read(line_in, size), _ORDER_BYTES)
        except ChannelClosed:
            return
        order = decode(payload, caps=Caps(frame_bytes=_ORDER_BYTES, string_bytes=_ORDER_BYTES))
        import_ahead(order["preload"])
        pid = os.fork()
        if not pid:
            _run(line_in, line_out, order)
        _, status = os.waitpid(pid, 0)
        _tell(line_out, event="finished", status=status)


def _run(line_in: int, line_out: int, order: dict[str, Any]) -> None:
    from runners.judge.line import Line  # noqa: PLC0415 - imported ahead, after the streams are safe
    from runners.judge.session import run  # noqa: PLC0415 - as above

    status = 1
    try:
        caps = Caps(frame_bytes=order["frame_bytes"])
        run(Line(line_in, line_out, caps), caps, order)
        status = 0
    finally:
        os._exit(status)


def _tell(line_out: int, **fields: Any) -> None:
    os.set_blocking(line_out, True)
    data = frames.pack(frames.CONTROL, encode(fields))
    while data:
        data = data[os.write(line_out, data) :]


if __name__ == "__main__":
    main()
