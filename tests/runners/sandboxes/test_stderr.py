"""The ring buffer for standard error."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runners.sandboxes.stderr import HALF_BYTES, HeadAndTail


def kept(*chunks: bytes) -> str:
    ring = HeadAndTail()
    for chunk in chunks:
        ring.feed(chunk)
    return ring.text()


def test_little_is_kept_whole() -> None:
    assert kept(b"one ", b"two") == "one two"


def test_exactly_what_fits_is_kept_whole() -> None:
    assert kept(b"a" * HALF_BYTES, b"b" * HALF_BYTES) == "a" * HALF_BYTES + "b" * HALF_BYTES


def test_the_middle_is_left_out_and_counted() -> None:
    text = kept(b"a" * HALF_BYTES, b"x" * 5, b"b" * HALF_BYTES)

    assert text == "a" * HALF_BYTES + "\n... 5 bytes left out ...\n" + "b" * HALF_BYTES


def test_what_is_no_text_is_replaced() -> None:
    assert kept(b"\xff\xfe") == "\ufffd\ufffd"


@given(st.lists(st.integers(0, 3 * HALF_BYTES), max_size=5))
def test_chunking_makes_no_difference(sizes: list[int]) -> None:
    data = bytes(index % 120 for index in range(sum(sizes)))
    chunks, at = [], 0
    for size in sizes:
        chunks.append(data[at : at + size])
        at += size

    assert kept(*chunks) == kept(data)
