"""Calls over a message channel, the same for judge and guest: either may call while it is called.

A message is a header tuple and then values:

    ("ask", id, operation, extra, names)   arguments: positional ones, then the named ones
    ("answer", id, "ok", changed)          the changed arguments, then the result
    ("answer", id, "raised", details)

`id` is a random number of 64 bits that the answer must repeat. Arguments travel by value; those
that the callee changed in place come back and are applied. Tensors that need gradients stay
connected: see `gradients`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from runners.wire import tags
from runners.wire.caps import Caps
from runners.wire.decode import Decoder
from runners.wire.encode import Encoder
from runners.wire.errors import EncodeError, ProtocolError
from runners.wire.gradients import CallTensors, Gradients, grad_enabled
from runners.wire.mutation import apply_change
from runners.wire.references import Reference

MAX_DEPTH = 16


class Channel(Protocol):
    """Whole messages to and from the other side."""

    def send(self, payload: bytes) -> None:
        """Send one message. Raises `ChannelClosed`."""

    def receive(self) -> bytearray:
        """The next message; blocks. Raises `ChannelClosed`."""


class Objects(Protocol):
    """What a side does with objects that are not plain data."""

    def name(self, value: object) -> Reference | None:
        """The reference to send for an object of this side, or for one of the other side's."""

    def resolve(self, reference: Reference) -> object:
        """The object behind a received reference. Raises `ProtocolError`."""


class RaisedThere(Exception):  # noqa: N818 - carries the other side's error, is none of ours
    """The other side answered that its code raised; `details` is plain data, not yet believed."""

    def __init__(self, details: Any) -> None:
        super().__init__("raised on the other side")
        self.details = details


Handler = Callable[[str, tuple[Any, ...], list[Any], dict[str, Any]], Any]
"""Does what the other side asks: operation, extra, arguments, named arguments."""


class Call:
    """One request in flight, seen by the codec: which values are its arguments."""

    def __init__(self, objects: Objects, tensors: CallTensors) -> None:
        self._objects = objects
        self._arguments: dict[int, int] = {}
        self._values: list[Any] = []
        self.tensors = tensors

    def set_arguments(self, values: Sequence[Any]) -> None:
        """Remember the arguments, so that a result that is one of them stays that one."""
        self._values = list(values)
        self._arguments = {id(value): index for index, value in enumerate(values)}

    def name(self, value: object) -> Reference | None:
        """See `References`."""
        return self._objects.name(value)

    def alias(self, value: object) -> Reference | None:
        """See `References`."""
        index = self._arguments.get(id(value))
        return None if index is None else ("argument", index)

    def resolve(self, reference: Reference) -> object:
        """See `References`."""
        if reference[0] == "argument":
            if len(reference) != 2 or type(reference[1]) is not int:  # noqa: PLR2004
                raise ProtocolError("malformed reference to an argument")
            if not 0 <= reference[1] < len(self._values):
                raise ProtocolError("reference to an argument that was not given")
            return self._values[reference[1]]
        return self._objects.resolve(reference)

    def tensor_sent(self, tensor: Any) -> int:
        """See `References`."""
        return self.tensors.sent(tensor)

    def tensor_received(self, tensor: Any, number: int) -> Any:
        """See `References`."""
        return self.tensors.received(tensor, number)


class Asked:
    """A question on its way, and its answer once that has come."""

    def __init__(self, number: int, call: Call) -> None:
        self.number = number
        self.call = call
        self.result: Any = None


class Later:
    """What a handler gives when it cannot answer yet; the other side waits until it is settled."""

    def __init__(self) -> None:
        self._reply: Callable[[Any], None] | None = None

    def settle(self, result: Any) -> None:
        """Answer now. An `EncodeError` comes out where the answer cannot be said."""
        if self._reply is None:
            raise RuntimeError("nobody waits for this answer")
        self._reply(result)

    def replies_by(self, reply: Callable[[Any], None]) -> None:
        """How the answer gets to the other side."""
        self._reply = reply


class Peer:
    """One end of a channel."""

    def __init__(
        self,
        channel: Channel,
        objects: Objects,
        handler: Handler,
        caps: Caps,
        device: str = "cpu",
    ) -> None:
        """`device` is where tensors are put that arrive here."""
        self._channel = channel
        self._device = device
        self._objects = objects
        self._handler = handler
        self._caps = caps
        self._depth = 0
        self._gradients = Gradients(self._ask_backward)

    def ask(
        self,
        operation: str,
        extra: tuple[Any, ...] = (),
        arguments: Sequence[Any] = (),
        named: Mapping[str, Any] | None = None,
    ) -> Any:
        """Ask the other side and give its result.

        Raises `RaisedThere`, `ProtocolError`, `ChannelClosed`, and `EncodeError` when an argument
        cannot cross.
        """
        asked = self.begin(operation, extra, arguments, named)
        while not self.proceed(asked):
            pass
        return asked.result

    def begin(
        self,
        operation: str,
        extra: tuple[Any, ...] = (),
        arguments: Sequence[Any] = (),
        named: Mapping[str, Any] | None = None,
    ) -> Asked:
        """Ask without waiting for the answer; `proceed` takes what comes. Raises `EncodeError`."""
        named = dict(named or {})
        values = [*arguments, *named.values()]
        number = secrets.randbits(63)
        call = Call(self._objects, self._gradients.calling(number))
        encoder = Encoder(call, self._caps)
        encoder.add(("ask", number, operation, (*extra, grad_enabled()), tuple(named)))
        encoder.add(len(values))
        for value in values:
            encoder.add(value)
        self._channel.send(encoder.payload())
        call.set_arguments(values)
        return Asked(number, call)

    def proceed(self, asked: Asked) -> bool:
        """Take the next message: a question of the other side is answered, an answer ends it.

        Tells whether `asked` has its result. Raises what `ask` raises.
        """
        decoder, header = self._receive(asked.call)
        if header[0] == "ask":
            self._serve(decoder, header)
            return False
        if header[:2] != ("answer", asked.number):
            raise ProtocolError("an answer to another question")
        if header[2] == "raised":
            raise RaisedThere(header[3])
        for index in _indices(header[3]):
            apply_change(asked.call.resolve(("argument", index)), decoder.next())
        asked.result = decoder.next()
        decoder.end()
        return True

    def serve(self) -> None:
        """Answer the next request. Raises `ChannelClosed`, `ProtocolError`."""
        decoder, header = self._receive(None)
        if header[0] != "ask":
            raise ProtocolError("an answer that nobody asked for")
        self._serve(decoder, header)

    def _receive(self, call: Call | None) -> tuple[Decoder, tuple[Any, ...]]:
        references = call or Call(self._objects, _NO_TENSORS)
        decoder = Decoder(self._channel.receive(), references, self._caps, self._device)
        header = decoder.next()
        if type(header) is not tuple or len(header) < 4:  # noqa: PLR2004
            raise ProtocolError("malformed header")
        return decoder, header

    def _serve(self, decoder: Decoder, header: tuple[Any, ...]) -> None:
        _, number, operation, extra, names = _check_ask(header)
        if self._depth >= MAX_DEPTH:
            raise ProtocolError(f"calls nested deeper than {MAX_DEPTH}")
        self._depth += 1
        try:
            answer = self._perform(decoder, number, operation, extra, names)
            if answer:
                self._channel.send(answer)
        finally:
            self._depth -= 1

    def _perform(
        self,
        decoder: Decoder,
        number: int,
        operation: str,
        extra: tuple[Any, ...],
        names: tuple[str, ...],
    ) -> bytes:
        """The answer as a message; empty when it comes later."""
        call = Call(self._objects, self._gradients.called(number))
        try:
            values, spans = _read_arguments(decoder, call)
            split = len(values) - len(names)
            if split < 0:
                raise ProtocolError("more names than arguments")
            named = dict(zip(names, values[split:], strict=True))
            if operation == "backward":
                result = self._gradients.backward(extra, values)
            else:
                result = self._handler(operation, extra, values[:split], named)
            if isinstance(result, Later):
                result.replies_by(
                    lambda late: self._channel.send(self._reply(number, call, values, spans, late))
                )
                return b""
            return self._reply(number, call, values, spans, result)
        except RaisedForPeer as raised:
            return _raised(number, raised.details)
        except EncodeError as error:
            return _raised(number, {"unsayable": str(error)})

    def _reply(
        self, number: int, call: Call, values: list[Any], spans: list[memoryview], result: Any
    ) -> bytes:
        changed: list[int] = []
        pieces: list[Any] = []
        for index, (value, span) in enumerate(zip(values, spans, strict=True)):
            if span[0] in tags.MUTABLE:
                now = Encoder(call, self._caps)
                now.add(value)
                if now.payload() != span:
                    changed.append(index)
                    pieces.append(value)
        encoder = Encoder(call, self._caps)
        encoder.add(("answer", number, "ok", tuple(changed)))
        for value in pieces:
            encoder.add(value)
        call.set_arguments(values)
        encoder.add(result)
        return encoder.payload()

    def _ask_backward(self, number: int, output: int, grad: Any) -> Any:
        return self.ask("backward", (number, output), [grad])


class RaisedForPeer(Exception):  # noqa: N818 - a message to the other side
    """Raised by a handler: tell the other side that its request raised."""

    def __init__(self, details: Any) -> None:
        super().__init__("to be told to the other side")
        self.details = details


def _raised(number: int, details: Any) -> bytes:
    encoder = Encoder()
    encoder.add(("answer", number, "raised", details))
    return encoder.payload()


def _read_arguments(decoder: Decoder, call: Call) -> tuple[list[Any], list[memoryview]]:
    decoder.references = call
    count = decoder.next()
    if type(count) is not int or not 0 <= count <= 10_000:  # noqa: PLR2004
        raise ProtocolError("malformed number of arguments")
    values, spans = [], []
    for _ in range(count):
        start = decoder.position
        values.append(decoder.next())
        spans.append(decoder.span(start, decoder.position))
    decoder.end()
    return values, spans


def _check_ask(header: tuple[Any, ...]) -> tuple[Any, ...]:
    kinds = (str, int, str, tuple, tuple)
    if len(header) != len(kinds) or not all(map(isinstance, header, kinds)):
        raise ProtocolError("malformed request")
    if not all(type(name) is str for name in header[4]):
        raise ProtocolError("malformed argument names")
    return header


def _indices(value: Any) -> tuple[int, ...]:
    if type(value) is not tuple or not all(type(index) is int for index in value):
        raise ProtocolError("malformed list of changes")
    return value


_NO_TENSORS = CallTensors.none()
