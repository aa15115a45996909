"""`python -m runners.shared`: one run, suite and submission together, then the end."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version

from runners.wire import frames
from runners.wire.ahead import import_ahead
from runners.wire.caps import Caps
from runners.wire.decode import decode
from runners.wire.encode import encode
from runners.wire.streams import take_streams

_PACKAGES = ("torch", "numpy", "pytest")
_ORDER_BYTES = 256 * 1024**2


def main() -> None:
    """Import ahead, take one order, run it."""
    line_in, line_out = take_streams()
    os.chdir(os.environ["TMPDIR"])
    import_ahead([*_PACKAGES, "runners.shared.session"])
    facts = {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}
    os.write(line_out, frames.pack(frames.CONTROL, encode({"event": "ready", "facts": facts})))
    _, payload = frames.read_frame(lambda size: os.read(line_in, size), _ORDER_BYTES)
    order = decode(payload, caps=Caps(frame_bytes=_ORDER_BYTES, string_bytes=_ORDER_BYTES))
    import_ahead(order["preload"])
    sys.modules["runners.shared.session"].run(line_in, line_out, order)


if __name__ == "__main__":
    main()
