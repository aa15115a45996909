"""All randomness of a run, derived from its one secret seed."""

from __future__ import annotations

import hashlib
import hmac


class Seeds:
    """Derives seeds by HMAC-SHA-256: from one that a guest is given, no other can be told."""

    def __init__(self, secret: int) -> None:
        self._key = secret.to_bytes(8, "big")

    def derive(self, label: str) -> int:
        """63 bits for a purpose: the greatest seed that every library takes."""
        digest = hmac.digest(self._key, label.encode(), hashlib.sha256)
        return int.from_bytes(digest[:8], "big") >> 1
