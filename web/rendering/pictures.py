"""Pictures inside a notebook as `data:` addresses: checked by content and cut by size."""

from __future__ import annotations

import base64
import binascii

MAX_BYTES = 4_000_000
MAX_PIXELS = 50_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_GIF = b"GIF8"
_BEGINNINGS = {"image/png": _PNG, "image/jpeg": _JPEG, "image/gif": _GIF}
BITMAPS = tuple(_BEGINNINGS)


def bitmap_address(kind: str, text: str) -> str | None:
    """The address of a picture in base64, or None when it is not one of its kind or too large.

    kind: one of `BITMAPS`
    """
    if len(text) > 2 * MAX_BYTES:
        return None
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    if not data.startswith(_BEGINNINGS[kind]) or len(data) > MAX_BYTES or _is_bomb(data):
        return None
    return _address(kind, data)


def svg_address(text: str) -> str | None:
    """The address of an SVG drawing. As a picture it runs no script and loads nothing.

    One that defines entities is refused: a few lines of them can unfold to gigabytes.
    """
    data = text.encode("utf-8", errors="replace")
    if "<svg" not in text or "<!entity" in text.lower() or len(data) > MAX_BYTES:
        return None
    return _address("image/svg+xml", data)


def _is_bomb(data: bytes) -> bool:
    """Whether a PNG unfolds to more pixels than a browser should be asked for."""
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    return data.startswith(_PNG) and width * height > MAX_PIXELS


def _address(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
