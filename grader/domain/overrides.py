"""What a person may decide about one grade."""

from __future__ import annotations

from enum import StrEnum


class OverrideKind(StrEnum):
    """What an override says."""

    POINTS = "points"
    """These are the final points, whatever was computed."""
    EXCUSED = "excused"
    """This part of the course does not count for the student."""
    LIFTED = "lifted"
    """The override before this one holds no longer: the computed grade counts again."""
