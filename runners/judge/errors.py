"""What can end a check, as exceptions.

    BaseException
    ├── GuestEnded       the guest process timed out, crashed, ran out of memory or cheated
    ├── GuestLost        the guest's sandbox no longer answers at all
    └── CheckTimeout     the check itself ran too long on this side
    AttributeError
    └── MissingName      the submission does not define what the suite imports
    TypeError
    └── HandleMisuse     the submission gave an object where the check needs a value
    Exception
    └── SuiteFault       the suite did what it must not

The first three are no `Exception`: a suite's `pytest.raises(Exception)` must not swallow a crash.
"""

from __future__ import annotations


class GuestEnded(BaseException):
    """The guest process of the running check is gone. `outcome` is one of the contract's words."""

    def __init__(self, outcome: str, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome


class GuestLost(BaseException):
    """The guest's supervisor does not answer: not the check's fault, the run cannot go on."""


class CheckTimeout(BaseException):
    """The check's own code ran past its limit."""


class MissingName(AttributeError):  # noqa: N818 - named for what it says
    """The submission does not define a name."""


class HandleMisuse(TypeError):  # noqa: N818 - named for what it says
    """A check used an object of the submission as a plain value."""


class SuiteFault(Exception):  # noqa: N818 - named for whose it is
    """The suite cannot be run as it is written."""
