"""How much of one notebook is shown: so that no page takes minutes to make, or to load."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Budget:
    """What is left, in characters; `elements` counts the tags of HTML outputs."""

    code: int = 200_000
    prose: int = 100_000
    output: int = 8_000_000
    elements: int = 30_000

    def take(self, kind: str, amount: int) -> bool:
        """Take an amount if it is left. What does not fit leaves room for smaller things."""
        left: int = getattr(self, kind)
        if amount > left:
            return False
        setattr(self, kind, left - amount)
        return True
