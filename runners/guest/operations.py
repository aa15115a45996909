"""What the judge may ask of a guest process: calls, attributes, items, questions about source."""

from __future__ import annotations

import contextlib
import inspect
import operator
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

from runners.guest.modules import SubmissionFinder
from runners.guest.objects import GuestObjects, lookup
from runners.guest.raised import builtin_base, describe, own_classes
from runners.wire.errors import EncodeError, ProtocolError
from runners.wire.peer import RaisedForPeer

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    name: getattr(operator, name)
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")
}
_UNARY: dict[str, Callable[[Any], Any]] = {"neg": operator.neg, "pos": operator.pos, "abs": abs}


class Operations:
    """Does what the judge asks and turns what student code raises into plain data."""

    def __init__(self, finder: SubmissionFinder, objects: GuestObjects) -> None:
        self._finder = finder
        self._objects = objects
        self.ask_network: Callable[..., Any] | None = None
        """Asks the network between the ranks, if this process is one of them."""

    def handle(
        self, operation: str, extra: tuple[Any, ...], values: list[Any], named: dict[str, Any]
    ) -> Any:
        """Perform one request. Raises `RaisedForPeer` with the student's exception."""
        method = getattr(self, f"do_{operation}", None)
        if method is None:
            raise ProtocolError(f"unknown operation {operation}")
        try:
            with _grad_mode(bool(extra[-1])):
                return method(extra, values, named)
        except (ProtocolError, EncodeError, RaisedForPeer):
            raise
        except BaseException as error:  # noqa: BLE001 - the student's, whatever it is
            raise RaisedForPeer(describe(error, self._finder.origins)) from None

    def do_call(self, _extra: Any, values: list[Any], named: dict[str, Any]) -> Any:
        """Call the first value with the others."""
        return values[0](*values[1:], **named)

    def do_rank(self, extra: tuple[Any, ...], values: list[Any], named: dict[str, Any]) -> Any:
        """Call as one rank of several: `(rank, number of ranks)`."""
        from runners.guest.distributed import join_ranks  # noqa: PLC0415 - needs torch

        assert self.ask_network is not None
        join_ranks(extra[0], extra[1], self.ask_network, self._finder.origins)
        return values[0](*values[1:], **named)

    def do_settle(self, _extra: Any, _values: Any, _named: Any) -> None:
        """Get ready to measure a call."""
        from runners.guest.measuring import settle  # noqa: PLC0415 - needs torch

        settle()

    def do_measured(self, _extra: Any, values: list[Any], named: dict[str, Any]) -> Any:
        """Call and count: the result, flops, operators, whether there was a graph."""
        from runners.guest.measuring import counted  # noqa: PLC0415 - needs torch

        with counted() as work:
            result = values[0](*values[1:], **named)
        return result, work.flops, dict(work.operators), work.backward

    def do_get(self, extra: tuple[Any, ...], values: list[Any], _named: Any) -> Any:
        """An attribute."""
        return getattr(values[0], extra[0])

    def do_set(self, extra: tuple[Any, ...], values: list[Any], _named: Any) -> None:
        """Set an attribute."""
        setattr(values[0], extra[0], values[1])

    def do_delete(self, extra: tuple[Any, ...], values: list[Any], _named: Any) -> None:
        """Delete an attribute."""
        delattr(values[0], extra[0])

    def do_item(self, _extra: Any, values: list[Any], _named: Any) -> Any:
        """`a[b]`."""
        return values[0][values[1]]

    def do_set_item(self, _extra: Any, values: list[Any], _named: Any) -> None:
        """`a[b] = c`."""
        values[0][values[1]] = values[2]

    def do_delete_item(self, _extra: Any, values: list[Any], _named: Any) -> None:
        """`del a[b]`."""
        del values[0][values[1]]

    def do_length(self, _extra: Any, values: list[Any], _named: Any) -> int:
        """`len(a)`."""
        return len(values[0])

    def do_contains(self, _extra: Any, values: list[Any], _named: Any) -> bool:
        """`b in a`."""
        return bool(values[1] in values[0])

    def do_iterate(self, _extra: Any, values: list[Any], _named: Any) -> Any:
        """An iterator; wrapped, so that a list's iterator is a handle too."""
        return iter(values[0])

    def do_next(self, _extra: Any, values: list[Any], _named: Any) -> tuple[bool, Any]:
        """`(True, item)`, or `(False, None)` at the end."""
        try:
            return True, next(values[0])
        except StopIteration:
            return False, None

    def do_isinstance(self, _extra: Any, values: list[Any], _named: Any) -> bool:
        """`isinstance(a, b)` for a class of the submission."""
        return isinstance(values[0], values[1])

    def do_issubclass(self, _extra: Any, values: list[Any], _named: Any) -> bool:
        """`issubclass(a, b)` for classes of the submission."""
        return issubclass(values[0], values[1])

    def do_enter(self, _extra: Any, values: list[Any], _named: Any) -> Any:
        """`with a`."""
        return values[0].__enter__()

    def do_exit(self, _extra: Any, values: list[Any], _named: Any) -> bool:
        """The end of `with a`; the judge's own exception stays there."""
        return bool(values[0].__exit__(None, None, None))

    def do_binary(self, extra: tuple[Any, ...], values: list[Any], _named: Any) -> Any:
        """An operator. Only objects come back, never plain values: see the judge's proxies."""
        return _Boxed.of(_BINARY[extra[0]](values[0], values[1]), self._objects)

    def do_unary(self, extra: tuple[Any, ...], values: list[Any], _named: Any) -> Any:
        """A unary operator."""
        return _Boxed.of(_UNARY[extra[0]](values[0]), self._objects)

    def do_describe(self, extra: tuple[Any, ...], _values: Any, _named: Any) -> list[Any]:
        """For `(module, name)` pairs: what the submission has by that name."""
        return [self._describe(module, name) for module, name in extra[0]]

    def _describe(self, module: str, name: str) -> tuple[Any, ...]:
        try:
            value = lookup(module, name)
        except AttributeError:
            return ("missing",)
        if isinstance(value, type) and issubclass(value, BaseException):
            return ("exception", builtin_base(value), own_classes(value))
        return ("found", value)

    def do_signature(self, _extra: Any, values: list[Any], _named: Any) -> list[Any]:
        """The parameters of a callable: `(name, kind, has a default, default as text)`."""
        parameters = inspect.signature(values[0]).parameters.values()
        return [
            (p.name, int(p.kind), p.default is not p.empty, _short(p.default)) for p in parameters
        ]

    def do_source(self, _extra: Any, values: list[Any], _named: Any) -> str:
        """The source text of an object of the submission."""
        return inspect.getsource(values[0])

    def do_module_source(self, extra: tuple[Any, ...], _values: Any, _named: Any) -> str:
        """The source text of a module."""
        return self._finder.source(extra[0])

    def do_directory(self, extra: tuple[Any, ...], _values: Any, _named: Any) -> list[str]:
        """The public names of a module."""
        module = sys.modules[extra[0]]
        names = getattr(module, "__all__", None) or [n for n in vars(module) if n[0] != "_"]
        return [str(name) for name in names]

    def do_load(self, extra: tuple[Any, ...], _values: Any, _named: Any) -> list[dict[str, Any]]:
        """Import a module, all but the cells from `stop` on; gives what there is to report."""
        name, stop = extra[0], extra[1]
        student = self._finder.find(name)
        if student is not None and stop >= 0:
            self._finder.stop_before[student.origin] = stop
        self._finder.reports.clear()
        __import__(name)
        return list(self._finder.reports)

    def do_place(self, extra: tuple[Any, ...], _values: Any, _named: Any) -> None:
        """Make sure that tensors can lie on the device; asked before the submission is loaded."""
        sys.modules["torch"].zeros(1, device=extra[0])

    def do_seed(self, extra: tuple[Any, ...], _values: Any, _named: Any) -> None:
        """Seed the random generators: `(library, seed)` pairs."""
        for library, seed in extra[0]:
            seed_library(library, seed)


def seed_library(library: str, seed: int) -> None:
    """Seed one library's global generator."""
    if library == "random":
        random.seed(seed)
    elif library == "numpy":
        sys.modules["numpy"].random.seed(seed % 2**32)
    elif library == "torch":
        sys.modules["torch"].manual_seed(seed)


class _Boxed:
    """Says that a result must not cross by value."""

    @staticmethod
    def of(value: Any, objects: GuestObjects) -> Any:
        if value is NotImplemented:
            raise TypeError("unsupported operand types")
        reference = objects.name(value)
        return ("boxed", *(reference or ()))


@contextlib.contextmanager
def _grad_mode(enabled: bool) -> Iterator[None]:
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    with torch.set_grad_enabled(enabled):
        yield


def _short(default: Any) -> Any:
    plain = default is None or type(default) in (bool, int, float, str)
    return default if plain else f"<{type(default).__name__}>"
