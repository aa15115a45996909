"""The submission's objects that stay in the guest, and the judge's callables seen from here."""

from __future__ import annotations

import secrets
import sys
import types
from collections.abc import Callable
from typing import Any

from runners.wire.errors import ProtocolError
from runners.wire.peer import RaisedForPeer
from runners.wire.references import Reference


class GuestObjects:
    """The table of handles. A fork inherits it: a handle lives as long as its scope."""

    def __init__(self) -> None:
        self._by_id: dict[bytes, object] = {}
        self._ids: dict[int, bytes] = {}
        self.ask_judge: Callable[[int, tuple[Any, ...], dict[str, Any]], Any] = _nobody

    def name(self, value: object) -> Reference | None:
        """A handle for an object of the submission; the judge's callables go home as they came."""
        if isinstance(value, JudgeCallable):
            return ("callback", value.number)
        key = self._ids.get(id(value))
        if key is None:
            key = secrets.token_bytes(16)
            self._ids[id(value)] = key
            self._by_id[key] = value  # also keeps the object alive, so that its id() stays its own
        return ("handle", key, _kind(value), _class_name(value))

    def resolve(self, reference: Reference) -> object:
        """The object behind a reference that the judge sent."""
        match reference:
            case ("handle", bytes(key)):
                if key not in self._by_id:
                    raise RaisedForPeer({"stale": True})
                return self._by_id[key]
            case ("callback", int(number), str(name)):
                return JudgeCallable(self, number, name)
            case ("path", str(module), str(path)):
                try:
                    return lookup(module, path)
                except AttributeError as error:
                    raise RaisedForPeer({"missing": str(error)[:500]}) from None
        raise ProtocolError("unknown reference")


class JudgeCallable:
    """A function of the judge. Calling it asks the judge; it has nothing else to look at."""

    __slots__ = ("__name__", "_objects", "number")

    def __init__(self, objects: GuestObjects, number: int, name: str) -> None:
        self._objects = objects
        self.number = number
        self.__name__ = name

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Ask the judge."""
        return self._objects.ask_judge(self.number, arguments, named)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JudgeCallable) and other.number == self.number

    def __hash__(self) -> int:
        return hash(self.number)


def lookup(module: str, path: str) -> Any:
    """`path` (dotted, may be empty) inside a module of the submission. Raises `AttributeError`."""
    value: Any = sys.modules.get(module)
    if value is None:
        raise AttributeError(f"the module {module} could not be loaded")
    for name in filter(None, path.split(".")):
        value = getattr(value, name)
    return value


def _nobody(_number: int, _arguments: tuple[Any, ...], _named: dict[str, Any]) -> Any:
    raise RuntimeError("the judge can be called only while it calls")


def _kind(value: object) -> str:
    """What the judge may let `isinstance` believe. A claim: no value depends on it."""
    torch = sys.modules.get("torch")
    if isinstance(value, type):
        if torch is not None and issubclass(value, torch.nn.Module):
            return f"class:{_torch_base(torch, value)}"
        return "exception" if issubclass(value, BaseException) else "class"
    if isinstance(value, types.ModuleType):
        return "module"
    if torch is not None and isinstance(value, torch.nn.Module):
        return f"network:{_torch_base(torch, type(value))}"
    if isinstance(value, types.GeneratorType):
        return "generator"
    return "function" if callable(value) else "object"


def _torch_base(torch: Any, kind: type) -> str:
    """The nearest class of `torch.nn` itself, by its public name."""
    return next(base.__name__ for base in kind.__mro__ if base in vars(torch.nn).values())


def _class_name(value: object) -> str:
    owner = value if isinstance(value, type) else type(value)
    return f"{owner.__module__}.{owner.__qualname__}"[:200]
