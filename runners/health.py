"""One finding about this host, as `doctor` prints it and a worker obeys it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How a part is: as it should be, usable with a reservation, or not usable."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Line:
    """One finding. `remedy` is empty where there is nothing to do."""

    name: str
    health: Health
    found: str
    remedy: str = ""
    part: str = ""
    """Which sandbox needs it: `docker`, `bubblewrap`, or none in particular."""
