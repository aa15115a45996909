"""Bytes to values: the trust border. Every byte read here may have been made by an attacker.

Iterative, so that depth costs no stack; every count is checked against the bytes that are left
before anything is allocated; values are rebuilt from exact types of a closed list; nothing is
looked up by a name that was sent.
"""

from __future__ import annotations

import struct
import sys
from typing import Any

from runners.wire import tags
from runners.wire.caps import DEFAULT_CAPS, Caps
from runners.wire.errors import ProtocolError
from runners.wire.references import PLAIN, References

_U16, _U32, _U64 = struct.Struct(">H"), struct.Struct(">I"), struct.Struct(">Q")
_I64, _F64, _C128 = struct.Struct(">q"), struct.Struct(">d"), struct.Struct(">dd")
_CONSTANTS = {tags.NONE: None, tags.TRUE: True, tags.FALSE: False, tags.ELLIPSIS: ...}
_FIXED_LENGTH = {tags.SLICE: 3, tags.RANGE: 3, tags.REFERENCE: 1}
_HASHED = {tags.DICT: 2, tags.SET: 1, tags.FROZENSET: 1}
"""How many items a key takes up in each."""
_MAX_DIMENSION = 2**31


class _Building:
    """A container whose items are still being read."""

    __slots__ = ("items", "size", "tag")

    def __init__(self, tag: int, size: int) -> None:
        self.tag = tag
        self.size = size
        self.items: list[Any] = []


class Decoder:
    """Reads values one after another out of one message."""

    def __init__(
        self,
        data: bytes | bytearray | memoryview,
        references: References = PLAIN,
        caps: Caps = DEFAULT_CAPS,
        device: str = "cpu",
    ) -> None:
        self._data = memoryview(data).toreadonly()
        self._place = device
        self.references = references
        self._caps = caps
        self._nodes = 0
        self._chosen_hashes = 0
        self.position = 0
        """Where the next value begins; between two calls of `next` it bounds the last value."""

    def next(self) -> Any:
        """The next value. Raises `ProtocolError`, and nothing else, whatever the bytes are."""
        try:
            return self._next()
        except (struct.error, IndexError, OverflowError, TypeError, ValueError) as error:
            raise ProtocolError(f"malformed message: {error}") from error

    def end(self) -> None:
        """Make sure that nothing is left."""
        if self.position != len(self._data):
            raise ProtocolError("a message holds more than it should")

    def span(self, start: int, stop: int) -> memoryview:
        """The bytes between two positions."""
        return self._data[start:stop]

    def _next(self) -> Any:
        stack: list[_Building] = []
        while True:
            value, opened = self._read(len(stack))
            if opened is not None:
                stack.append(opened)
                if opened.size:
                    continue
                value = self._close(stack.pop())
            while stack:
                top = stack[-1]
                top.items.append(value)
                if len(top.items) < top.size:
                    break
                value = self._close(stack.pop())
            else:
                return value

    def _read(self, depth: int) -> tuple[Any, _Building | None]:
        self._nodes += 1
        if self._nodes > self._caps.nodes:
            raise ProtocolError("too many values in one message")
        tag = self._take(1)[0]
        if tag in _CONSTANTS:
            return _CONSTANTS[tag], None
        if tag in _SCALARS:
            return _SCALARS[tag](self), None
        return None, self._open(tag, depth)

    def _open(self, tag: int, depth: int) -> _Building:
        if depth >= self._caps.depth + 4:  # a message wraps values in a few levels of its own
            raise ProtocolError("nested too deep")
        if tag in _FIXED_LENGTH:
            return _Building(tag, _FIXED_LENGTH[tag])
        if tag not in _BUILDERS:
            raise ProtocolError(f"unknown tag {tag}")
        count = self._u32()
        if tag in (tags.DICT, tags.SET, tags.FROZENSET) and count > self._caps.keys:
            raise ProtocolError("too many entries in a dict or set")
        size = count * 2 if tag == tags.DICT else count
        if size > len(self._data) - self.position:
            raise ProtocolError("a container announces more items than there are bytes")
        return _Building(tag, size)

    def _close(self, building: _Building) -> Any:
        if building.tag == tags.REFERENCE:
            reference = building.items[0]
            if type(reference) is not tuple or not reference:
                raise ProtocolError("a reference must be a tuple")
            return self.references.resolve(reference)
        if building.tag in _HASHED:
            self._count_keys(building.items[:: _HASHED[building.tag]])
        return _BUILDERS[building.tag](building.items)

    def _count_keys(self, keys: list[Any]) -> None:
        self._chosen_hashes += sum(type(key) is not str for key in keys)
        if self._chosen_hashes > self._caps.keys:
            raise ProtocolError("too many keys that are no text in one message")

    def _take(self, size: int) -> memoryview:
        end = self.position + size
        if end > len(self._data):
            raise ProtocolError("a message ends too early")
        data = self._data[self.position : end]
        self.position = end
        return data

    def _u32(self) -> int:
        return int(_U32.unpack(self._take(4))[0])

    def _int64(self) -> int:
        return int(_I64.unpack(self._take(8))[0])

    def _bigint(self) -> int:
        size = _U16.unpack(self._take(2))[0]
        if size > self._caps.integer_bytes:
            raise ProtocolError("an integer is too large")
        return int.from_bytes(self._take(size), "big", signed=True)

    def _float(self) -> float:
        return float(_F64.unpack(self._take(8))[0])

    def _complex(self) -> complex:
        return complex(*_C128.unpack(self._take(16)))

    def _string(self) -> str:
        size = self._u32()
        if size > self._caps.string_bytes:
            raise ProtocolError("a string is too long")
        return str(self._take(size), "utf-8", "strict")

    def _bytes(self) -> bytes:
        return bytes(self._take(_U64.unpack(self._take(8))[0]))

    def _element(self) -> tuple[str, int]:
        code = self._take(1)[0]
        if code >= len(tags.ELEMENTS):
            raise ProtocolError("unknown element type")
        return tags.ELEMENTS[code]

    def _shape(self, ndim: int, width: int) -> tuple[tuple[int, ...], int]:
        """The dimensions and the number of bytes that they need, in Python's own integers."""
        if ndim > self._caps.dimensions:
            raise ProtocolError("too many dimensions")
        shape = tuple(int(_U64.unpack(self._take(8))[0]) for _ in range(ndim))
        count = 1
        for size in shape:
            # Each factor is bounded too: a zero beside 10^18 would hide it from the product.
            if size > _MAX_DIMENSION:
                raise ProtocolError("a dimension is too large")
            count *= size
        if count * width > len(self._data) - self.position:
            raise ProtocolError("an array announces more elements than there are bytes")
        return shape, count * width

    def _numpy(self, name: str, shape: tuple[int, ...], size: int) -> Any:
        import numpy as np  # noqa: PLC0415 - judge and guest have it; who relays frames need not

        data = bytearray(self._take(size))
        if name == "bool" and size and np.frombuffer(data, dtype="uint8").max() > 1:
            raise ProtocolError("a boolean is neither 0 nor 1")
        stored = "uint16" if name in tags.NOT_IN_NUMPY else name
        return np.frombuffer(data, dtype=stored).reshape(shape)

    def _array(self) -> Any:
        name, width = self._element()
        if name in tags.NOT_IN_NUMPY:
            raise ProtocolError("NumPy has no such element type")
        shape, size = self._shape(self._take(1)[0], width)
        return self._numpy(name, shape, size)

    def _scalar(self) -> Any:
        name, width = self._element()
        if name in tags.NOT_IN_NUMPY:
            raise ProtocolError("NumPy has no such element type")
        return self._numpy(name, (), width)[()]

    def _tensor(self) -> Any:
        name, width = self._element()
        ndim, flags = self._take(2)
        number = self._u32()
        shape, size = self._shape(ndim, width)
        tensor = self._one_tensor(name, shape, size)
        torch = sys.modules["torch"]
        if flags & tags.PARAMETER:
            tensor = torch.nn.Parameter(tensor, requires_grad=False)
        if flags & tags.NEEDS_GRAD:
            if not (tensor.is_floating_point() or tensor.is_complex()):
                raise ProtocolError("only floating-point tensors have gradients")
            tensor.requires_grad_(True)
        if flags & tags.HAS_GRAD:
            if size > len(self._data) - self.position:
                raise ProtocolError("a gradient is missing")
            tensor.grad = self._one_tensor(name, shape, size)
        return self.references.tensor_received(tensor, number) if number else tensor

    def _one_tensor(self, name: str, shape: tuple[int, ...], size: int) -> Any:
        import torch  # noqa: PLC0415 - as above

        tensor = torch.from_numpy(self._numpy(name, shape, size))
        tensor = tensor.view(torch.bfloat16) if name == "bfloat16" else tensor
        return tensor if self._place == "cpu" else tensor.to(self._place)

    def _dtype(self) -> Any:
        library = self._take(1)[0]
        name, _ = self._element()
        if library == 0:
            import torch  # noqa: PLC0415 - as above

            return getattr(torch, name)
        import numpy as np  # noqa: PLC0415 - as above

        return np.dtype(name)

    def _device(self) -> Any:
        import torch  # noqa: PLC0415 - as above

        # A GPU tensor arrives as its values; the judge itself has no GPU.
        return torch.device("cuda" if self._take(1)[0] else "cpu")


def decode(
    data: bytes | bytearray | memoryview, references: References = PLAIN, caps: Caps = DEFAULT_CAPS
) -> Any:
    """The one value that a message holds. Raises `ProtocolError`."""
    decoder = Decoder(data, references, caps)
    value = decoder.next()
    decoder.end()
    return value


def _build_dict(items: list[Any]) -> dict[Any, Any]:
    # Arrays and lists are no keys: their TypeError ends the message. The cap bounds collisions.
    return dict(zip(items[::2], items[1::2], strict=True))


def _build_slice(items: list[Any]) -> slice:
    return slice(*items)


def _build_range(items: list[Any]) -> range:
    if not all(type(item) is int for item in items):
        raise ProtocolError("a range needs integers")
    return range(*items)


_BUILDERS: dict[int, Any] = {
    tags.LIST: list,
    tags.TUPLE: tuple,
    tags.DICT: _build_dict,
    tags.SET: set,
    tags.FROZENSET: frozenset,
    tags.SLICE: _build_slice,
    tags.RANGE: _build_range,
}
_SCALARS = {
    tags.INT64: Decoder._int64,  # noqa: SLF001 - the class's own table of readers
    tags.BIGINT: Decoder._bigint,  # noqa: SLF001
    tags.FLOAT: Decoder._float,  # noqa: SLF001
    tags.COMPLEX: Decoder._complex,  # noqa: SLF001
    tags.STRING: Decoder._string,  # noqa: SLF001
    tags.BYTES: Decoder._bytes,  # noqa: SLF001
    tags.ARRAY: Decoder._array,  # noqa: SLF001
    tags.SCALAR: Decoder._scalar,  # noqa: SLF001
    tags.TENSOR: Decoder._tensor,  # noqa: SLF001
    tags.DTYPE: Decoder._dtype,  # noqa: SLF001
    tags.DEVICE: Decoder._device,  # noqa: SLF001
}
