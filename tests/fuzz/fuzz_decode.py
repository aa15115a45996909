"""Coverage-guided fuzzing of the wire decoder: `python fuzz_decode.py SECONDS`.

Anything but a value or `ProtocolError` is a finding, as is a message that takes over two seconds
or half a gigabyte.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["runners.wire"]):
    from runners.wire.decode import decode
    from runners.wire.encode import encode
    from runners.wire.errors import ProtocolError

import numpy as np
import torch


def one(data: bytes) -> None:
    """Decode one message; what comes out must be something that can be said again."""
    try:
        value = decode(data)
    except ProtocolError:
        return
    encode(value)


SEEDS = [
    [1, -1.5, 2j, None, True, "text", b"bytes", {"a": (1, 2)}, {1, 2}, frozenset({3})],
    np.arange(6.0).reshape(2, 3),
    torch.nn.Parameter(torch.ones(2, 2)),
    {"slice": [slice(1, None, 2), ..., range(3), 1 << 100]},
]


def main() -> None:
    """Run for the given number of seconds."""
    import pathlib
    import tempfile

    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(SEEDS):
            (pathlib.Path(corpus) / f"seed-{number}").write_bytes(encode(seed))
        arguments = ["-max_len=65536", "-timeout=2", "-rss_limit_mb=1024", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], corpus, f"-max_total_time={sys.argv[1]}", *arguments], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
