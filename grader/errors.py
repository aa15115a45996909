"""What goes wrong in the grader, by whose doing.

GraderError
├── NotYours        the reader may not see it; told apart from "does not exist" by nobody
└── UploadRefused   the student's: the upload cannot be taken, and says why and what to do
"""

from __future__ import annotations


class GraderError(Exception):
    """Anything that this room refuses."""


class NotYours(GraderError):  # noqa: N818 - what happened, not which code
    """There is no such thing, or not for this reader. The two are never told apart."""


class UploadRefused(GraderError):  # noqa: N818 - what happened, not which code
    """An upload that cannot be taken; the message is a sentence for the student."""
