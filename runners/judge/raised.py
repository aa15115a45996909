"""Rebuilds the submission's exceptions from plain data, as classes of this side.

Only builtin exceptions that one string can make are used; a class of the submission becomes a
class made here, one per name, so that `pytest.raises(question1.ShapeError)` finds it.
"""

from __future__ import annotations

import builtins
from typing import Any

from runners.judge.errors import HandleMisuse, MissingName
from runners.wire.errors import ProtocolError

_MARK = "sandglass_details"
_classes: dict[tuple[str, str], type[BaseException]] = {}


def _constructible() -> dict[str, type[BaseException]]:
    found: dict[str, type[BaseException]] = {}
    for name, value in vars(builtins).items():
        if isinstance(value, type) and issubclass(value, BaseException):
            try:
                value("x")
            except TypeError:
                continue
            found[name] = value
    # These would end the suite, or a loop of it, instead of failing a check.
    for name in ("KeyboardInterrupt", "GeneratorExit", "StopIteration", "StopAsyncIteration"):
        found[name] = RuntimeError
    return found


_BUILTINS = _constructible()


def exception_class(builtin: str, classes: list[str]) -> type[BaseException]:
    """The class here that stands for the submission's class."""
    if not classes:
        return _BUILTINS.get(builtin, Exception)
    key = (classes[0], builtin)
    if key not in _classes:
        base = exception_class(builtin, classes[1:])
        name = classes[0].rpartition(".")[2]
        _classes[key] = type(name if name.isidentifier() else "Error", (base,), {})
    return _classes[key]


def local_exception(details: Any) -> BaseException:
    """The exception to raise here. Raises `ProtocolError` for malformed details."""
    if type(details) is not dict:
        raise ProtocolError("malformed exception")
    if "unsayable" in details:
        return HandleMisuse(f"your code returned what cannot be used: {details['unsayable']}")
    if "missing" in details:
        return MissingName(str(details["missing"]))
    if "stale" in details:
        return HandleMisuse("an object of another check was used; make it in this one")
    builtin, classes = details.get("builtin"), details.get("classes")
    if type(builtin) is not str or type(classes) is not list or len(classes) > 8:  # noqa: PLR2004
        raise ProtocolError("malformed exception")
    if not all(type(name) is str for name in classes):
        raise ProtocolError("malformed exception")
    message = details.get("message")
    error = exception_class(builtin, classes)(message if type(message) is str else "")
    setattr(error, _MARK, details)
    return error


def remote_details(error: BaseException | None) -> dict[str, Any] | None:
    """The plain data of an exception that came from the submission; None for any other."""
    found = getattr(error, _MARK, None)
    return found if isinstance(found, dict) else None


def where(details: dict[str, Any]) -> list[tuple[str, int, str]]:
    """The frames of the submission, outermost first: file, line, function."""
    frames = details.get("where")
    if type(frames) is not list:
        return []
    return [
        frame
        for frame in frames
        if type(frame) is tuple and len(frame) == 3 and type(frame[1]) is int  # noqa: PLR2004
    ]
