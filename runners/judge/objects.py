"""The judge's view of objects: the submission's behind proxies, its own callables by number."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from runners.judge.errors import GuestEnded
from runners.judge.proxies import Proxy, make_proxy, target_of
from runners.wire.errors import EncodeError, ProtocolError
from runners.wire.peer import RaisedForPeer
from runners.wire.references import Reference

if TYPE_CHECKING:
    from runners.judge.guests import Guests

MAX_CALLBACKS = 20_000
_KINDS = frozenset({"class", "exception", "module", "network", "generator", "function", "object"})


class JudgeObjects:
    """See `Objects` of the wire. Nothing of the judge but callables can be named."""

    def __init__(self, guests: Guests) -> None:
        self._guests = guests
        self._callables: list[Callable[..., Any] | None] = []
        self._of_this_check: list[int] = []
        self._calls = 0
        self._proxies: weakref.WeakValueDictionary[bytes, Proxy] = weakref.WeakValueDictionary()
        self._raised: list[Exception] = []
        self.failure: BaseException | None = None
        """An assertion that failed inside a callback; student code may have swallowed it."""

    def begin_check(self) -> None:
        """Take back what the last check gave away, and count callbacks from zero again.

        A function of another check could be that check's reference: no submission may keep it.
        """
        for number in self._of_this_check:
            self._callables[number] = None
        self._of_this_check = []
        self._calls = 0
        self._raised = []
        self.failure = None

    def name(self, value: object) -> Reference | None:
        """The reference to send for something that is not plain data."""
        if isinstance(value, Proxy):
            return target_of(value).reference
        if not callable(value):
            raise EncodeError(
                f"{type(value).__name__} is neither plain data nor a function of the check"
            )
        for number, known in enumerate(self._callables):
            if known is value:
                return ("callback", number, "function")
        self._callables.append(value)
        if self._guests.narrow:
            self._of_this_check.append(len(self._callables) - 1)
        return ("callback", len(self._callables) - 1, "function")

    def resolve(self, reference: Reference) -> object:
        """A proxy for a handle; the judge's own function when it comes home."""
        match reference:
            case ("handle", bytes(key), str(kind), str(name)) if len(key) == 16:  # noqa: PLR2004
                if kind.partition(":")[0] not in _KINDS:
                    raise ProtocolError("unknown kind of object")
                return self._proxy(key, kind, name)
            case ("callback", int(number)):
                return self._callable(number)
        raise ProtocolError("unknown reference")

    def _proxy(self, key: bytes, kind: str, name: str) -> Proxy:
        """One proxy for one object, so that `is` answers as it would without a wire."""
        proxy = self._proxies.get(key)
        if proxy is None:
            proxy = make_proxy(self._guests, ("handle", key), kind, name)
            self._proxies[key] = proxy
        return proxy

    def _callable(self, number: int) -> Callable[..., Any]:
        found = self._callables[number] if 0 <= number < len(self._callables) else None
        if found is None:
            raise ProtocolError("a function that was not given")
        return found

    def raised_here(self, details: Any) -> Exception | None:
        """The check's own exception, if this is one that a callback raised and that came home."""
        number = details.get("judge") if type(details) is dict else None
        if type(number) is not int or not 0 <= number < len(self._raised):
            return None
        return self._raised[number]

    def call_back(self, number: int, values: list[Any], named: dict[str, Any]) -> Any:
        """Run a function of the check for the submission."""
        self._calls += 1
        if self._calls > MAX_CALLBACKS:
            raise GuestEnded(
                "crashed", f"the code called the check's functions {self._calls} times"
            )
        function = self._callable(number)
        try:
            return function(*values, **named)
        except Exception as error:
            if isinstance(error, AssertionError):
                self.failure = self.failure or error
            self._raised.append(error)
            # The text stays here: it may tell what the check compares with.
            details = {"builtin": _public_name(error), "judge": len(self._raised) - 1}
            raise RaisedForPeer(details) from error


def _public_name(error: Exception) -> str:
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else "RuntimeError"
