"""Stand-ins for the submission's objects.

What a proxy does not do matters as much as what it does. `==` is identity; `bool()`, `float()`,
comparison and conversion to an array raise; `repr` is local; operators give proxies and never
plain values. So no check can come out true because an object of the submission says so.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from runners.judge.errors import HandleMisuse, MissingName
from runners.judge.raised import exception_class
from runners.wire.errors import ProtocolError
from runners.wire.references import Reference

if TYPE_CHECKING:
    from runners.judge.guests import Guests

_PARAMETER_KINDS = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.KEYWORD_ONLY,
    inspect.Parameter.VAR_KEYWORD,
)
"""In the order of their numbers."""
_CALLABLE_KINDS = frozenset({"function", "class", "lazy"})
_ASKED_DUNDERS = frozenset({"__name__", "__qualname__", "__doc__", "__dict__", "__len__"})


@dataclass(frozen=True, slots=True)
class Target:
    """What a proxy stands for. Kept apart, so that its attributes do not hide the object's."""

    guests: Guests
    reference: Reference
    kind: str
    name: str


class Proxy:  # noqa: D101 - the docstring would hide the object's own
    __slots__ = ("__weakref__", "_sandglass_target")
    _sandglass_target: Target

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """Lets `isinstance` believe what is harmless; no value depends on it."""
        return _claimed_class(target_of(self).kind) or Proxy

    @property
    def __doc__(self) -> Any:  # type: ignore[override]  # the object's, not the class's
        return target_of(self).guests.ask("get", ("__doc__",), self)

    def __getattr__(self, name: str) -> Any:
        target = target_of(self)
        if name == "__signature__" and target.kind.partition(":")[0] in _CALLABLE_KINDS:
            return _signature(self)
        if name == "__bases__" and target.kind.startswith("class"):
            return (_claimed_network(target.kind),) if ":" in target.kind else ()
        if name.startswith("__") and name not in _ASKED_DUNDERS:
            raise AttributeError(name)
        if target.kind == "missing":
            _missing(target)
        if not target.guests.running:
            return _deeper(target, name)
        return target.guests.ask("get", (name,), self)

    def __setattr__(self, name: str, value: Any) -> None:
        _ask(self, "set", (name,), self, value)

    def __delattr__(self, name: str) -> None:
        _ask(self, "delete", (name,), self)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call the object over there."""
        return _ask(self, "call", (), self, *arguments, **named)

    def __getitem__(self, key: Any) -> Any:
        return _ask(self, "item", (), self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _ask(self, "set_item", (), self, key, value)

    def __delitem__(self, key: Any) -> None:
        _ask(self, "delete_item", (), self, key)

    def __len__(self) -> int:
        length = _ask(self, "length", (), self)
        if type(length) is not int or length < 0:
            raise HandleMisuse("the object's length is no number")
        return length

    def __contains__(self, item: Any) -> bool:
        return _ask(self, "contains", (), self, item) is True

    def __iter__(self) -> Iterator[Any]:
        iterator = _ask(self, "iterate", (), self)
        if not isinstance(iterator, Proxy):
            raise HandleMisuse("the object cannot be iterated over")
        return iterator

    def __next__(self) -> Any:
        answer = _ask(self, "next", (), self)
        if type(answer) is not tuple or len(answer) != 2:  # noqa: PLR2004
            raise ProtocolError("malformed step of an iterator")
        if answer[0] is not True:
            raise StopIteration
        return answer[1]

    def __enter__(self) -> Any:
        return _ask(self, "enter", (), self)

    def __exit__(self, *_error: object) -> bool:
        return _ask(self, "exit", (), self) is True

    def __instancecheck__(self, instance: Any) -> bool:
        return type(instance) is Proxy and _ask(self, "isinstance", (), instance, self) is True

    def __subclasscheck__(self, subclass: Any) -> bool:
        return type(subclass) is Proxy and _ask(self, "issubclass", (), subclass, self) is True

    def __eq__(self, other: object) -> bool:
        if type(other) is not Proxy:
            return False
        return target_of(self).reference == target_of(other).reference

    def __hash__(self) -> int:
        return hash(target_of(self).reference)

    def __repr__(self) -> str:
        return "<an object of the submission>"

    def __bool__(self) -> bool:  # noqa: PLE0304 - it never returns
        _refuse(self, "a truth value")

    def __float__(self) -> float:
        _refuse(self, "a number")

    def __int__(self) -> int:
        _refuse(self, "a number")

    def __index__(self) -> int:  # noqa: PLE0305 - it never returns
        _refuse(self, "a number")

    def __complex__(self) -> complex:
        _refuse(self, "a number")

    def __array__(self, *_arguments: Any, **_named: Any) -> Any:
        _refuse(self, "an array")

    def __lt__(self, _other: object) -> bool:
        _refuse(self, "a value that can be compared")

    __le__ = __gt__ = __ge__ = __lt__


def make_proxy(guests: Guests, reference: Reference, kind: str, name: str) -> Proxy:
    """A proxy. No method of the class: its name would hide an attribute of the object."""
    proxy = object.__new__(Proxy)
    object.__setattr__(proxy, "_sandglass_target", Target(guests, reference, kind, name))
    return proxy


def target_of(proxy: Proxy) -> Target:
    """What a proxy stands for."""
    target: Target = object.__getattribute__(proxy, "_sandglass_target")
    return target


def _binary(name: str, *, swapped: bool) -> Any:
    def operate(self: Proxy, other: Any) -> Any:
        pair = (other, self) if swapped else (self, other)
        return _boxed(self, _ask(self, "binary", (name,), *pair))

    return operate


def _unary(name: str) -> Any:
    def operate(self: Proxy) -> Any:
        return _boxed(self, _ask(self, "unary", (name,), self))

    return operate


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    setattr(Proxy, f"__{_name}__", _binary(_name, swapped=False))
    setattr(Proxy, f"__r{_name}__", _binary(_name, swapped=True))
for _name in ("neg", "pos", "abs"):
    setattr(Proxy, f"__{_name}__", _unary(_name))


def _boxed(proxy: Proxy, answer: Any) -> Any:
    if type(answer) is not tuple or len(answer) < 2 or answer[0] != "boxed":  # noqa: PLR2004
        raise ProtocolError("an operator gave a plain value")
    return target_of(proxy).guests.objects.resolve(answer[1:])


def _ask(proxy: Proxy, operation: str, extra: tuple[Any, ...], *values: Any, **named: Any) -> Any:
    target = target_of(proxy)
    if target.kind == "missing":
        _missing(target)
    return target.guests.ask(operation, extra, *values, **named)


def _missing(target: Target) -> NoReturn:
    raise MissingName(f"the submission does not define `{target.name}`")


def _refuse(proxy: Proxy, wanted: str) -> NoReturn:
    raise HandleMisuse(
        f"your code gave an object of the class {target_of(proxy).name} "
        f"where the check needs {wanted}"
    )


def named(guests: Guests, module: str, path: str, kind: str = "lazy") -> Proxy:
    """A proxy for a name of the submission. It is good in every scope, unlike a handle."""
    return make_proxy(guests, ("path", module, path), kind, f"{module}.{path}")


def _deeper(target: Target, name: str) -> Proxy:
    _, module, path = target.reference
    return named(target.guests, module, f"{path}.{name}")


def resolve(guests: Guests, module: str, name: str, description: Any) -> Any:
    """What a suite sees under `module.name`, from the guest's description of it."""
    match description:
        case ("missing",):
            return named(guests, module, name, "missing")
        case ("exception", str(builtin), list(classes)) if all(type(c) is str for c in classes):
            return exception_class(builtin, classes)
        case ("found", value):
            if isinstance(value, Proxy):
                return named(guests, module, name, target_of(value).kind)
            return value
    raise ProtocolError("malformed description")


def _signature(proxy: Proxy) -> inspect.Signature:
    parameters: list[tuple[str, Any, Any]] = []
    for entry in _ask(proxy, "signature", (), proxy):
        if type(entry) is not tuple or len(entry) != 4:  # noqa: PLR2004
            raise ProtocolError("malformed signature")
        name, kind, has_default, default = entry
        if type(name) is not str or kind not in range(len(_PARAMETER_KINDS)):
            raise ProtocolError("malformed signature")
        shown = default if has_default is True else inspect.Parameter.empty
        parameters.append((name, _PARAMETER_KINDS[kind], shown))
    try:
        return inspect.Signature([inspect.Parameter(n, k, default=d) for n, k, d in parameters])
    except ValueError as error:
        raise ProtocolError(f"malformed signature: {error}") from error


def _claimed_class(kind: str) -> type | None:
    if kind.startswith("network"):
        return _claimed_network(kind)
    return types.GeneratorType if kind == "generator" else None


def _claimed_network(kind: str) -> type:
    import torch  # noqa: PLC0415 - suites without torch never meet a network

    claimed = vars(torch.nn).get(kind.partition(":")[2])
    if isinstance(claimed, type) and issubclass(claimed, torch.nn.Module):
        return claimed
    return torch.nn.Module
