"""Values to bytes. Runs on both sides; the guest's copy is in the student's hands."""

from __future__ import annotations

import struct
import sys
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

from runners.wire import tags
from runners.wire.caps import DEFAULT_CAPS, Caps
from runners.wire.errors import EncodeError
from runners.wire.references import PLAIN, References

_U16, _U32, _U64 = struct.Struct(">H"), struct.Struct(">I"), struct.Struct(">Q")
_I64, _F64, _C128 = struct.Struct(">q"), struct.Struct(">d"), struct.Struct(">dd")
_LARGE = 4096


class Encoder:
    """Collects values; `payload()` gives the bytes. Values are told by exact type."""

    def __init__(self, references: References = PLAIN, caps: Caps = DEFAULT_CAPS) -> None:
        self._references = references
        self._caps = caps
        self._parts: list[bytes | bytearray | memoryview] = []
        self._tail = bytearray()
        self._size = 0
        self._nodes = 0
        self._other_keys = 0
        self._open: set[int] = set()

    def add(self, value: object) -> None:
        """Append one value. Raises `EncodeError` when it cannot cross."""
        self._value(value, 0)

    def payload(self) -> bytes:
        """All values added so far, as one string of bytes."""
        self._parts.append(self._tail)
        self._tail = bytearray()
        return b"".join(self._parts)

    def _value(self, value: object, depth: int) -> None:
        self._nodes += 1
        if self._nodes > self._caps.nodes:
            raise EncodeError(
                f"more than {self._caps.nodes:,} values in one message; use a tensor or an array"
            )
        kind = type(value)
        writer = _WRITERS.get(kind) or _array_writer(kind)
        if writer is None:
            self._reference(value, depth)
        elif kind in _CONTAINERS:
            self._container(value, writer, depth)
        else:
            writer(self, value, depth)

    def _container(self, value: object, writer: _Writer, depth: int) -> None:
        alias = self._references.alias(value)
        if alias is not None:
            self._tagged(alias, depth)
            return
        if depth >= self._caps.depth:
            raise EncodeError(f"nested deeper than {self._caps.depth} levels")
        if id(value) in self._open:
            raise EncodeError("a container holds itself")
        self._open.add(id(value))
        writer(self, value, depth)
        self._open.discard(id(value))

    def _reference(self, value: object, depth: int) -> None:
        reference = self._references.name(value)
        if reference is None:
            raise EncodeError(f"{type(value).__name__} cannot cross to the other side")
        self._tagged(reference, depth)

    def _tagged(self, reference: tuple[Any, ...], depth: int) -> None:
        self._tail.append(tags.REFERENCE)
        _write_items(self, reference, depth, tags.TUPLE)

    def _raw(self, data: memoryview) -> None:
        self._size += data.nbytes
        if self._size > self._caps.frame_bytes:
            raise EncodeError(
                f"more than {self._caps.frame_bytes // 1024**2} MiB of data in one message"
            )
        if data.nbytes < _LARGE:
            self._tail += data
        else:
            self._parts += [self._tail, data]
            self._tail = bytearray()


_Writer = Callable[[Encoder, Any, int], None]


def encode(value: object, references: References = PLAIN, caps: Caps = DEFAULT_CAPS) -> bytes:
    """One value as bytes."""
    encoder = Encoder(references, caps)
    encoder.add(value)
    return encoder.payload()


def _write_none(encoder: Encoder, _value: None, _depth: int) -> None:
    encoder._tail.append(tags.NONE)  # noqa: SLF001 - the writers are the encoder's own methods,


def _write_bool(encoder: Encoder, value: bool, _depth: int) -> None:
    encoder._tail.append(tags.TRUE if value else tags.FALSE)  # noqa: SLF001 - kept in one table


def _write_int(encoder: Encoder, value: int, _depth: int) -> None:
    tail = encoder._tail  # noqa: SLF001
    if -(2**63) <= value < 2**63:
        tail.append(tags.INT64)
        tail += _I64.pack(value)
        return
    size = value.bit_length() // 8 + 1
    if size > encoder._caps.integer_bytes:  # noqa: SLF001
        raise EncodeError(f"an integer of {value.bit_length()} bits is too large")
    tail.append(tags.BIGINT)
    tail += _U16.pack(size) + value.to_bytes(size, "big", signed=True)


def _write_float(encoder: Encoder, value: float, _depth: int) -> None:
    encoder._tail.append(tags.FLOAT)  # noqa: SLF001
    encoder._tail += _F64.pack(value)  # noqa: SLF001


def _write_complex(encoder: Encoder, value: complex, _depth: int) -> None:
    encoder._tail.append(tags.COMPLEX)  # noqa: SLF001
    encoder._tail += _C128.pack(value.real, value.imag)  # noqa: SLF001


def _write_str(encoder: Encoder, value: str, _depth: int) -> None:
    try:
        data = value.encode()
    except UnicodeEncodeError as error:
        raise EncodeError("a string holds a lone surrogate, which is no text") from error
    if len(data) > encoder._caps.string_bytes:  # noqa: SLF001
        raise EncodeError(f"a string of {len(data):,} bytes is too long")
    encoder._tail.append(tags.STRING)  # noqa: SLF001
    encoder._tail += _U32.pack(len(data))  # noqa: SLF001
    encoder._raw(memoryview(data))  # noqa: SLF001


def _write_bytes(encoder: Encoder, value: bytes | bytearray, _depth: int) -> None:
    encoder._tail.append(tags.BYTES)  # noqa: SLF001
    encoder._tail += _U64.pack(len(value))  # noqa: SLF001
    encoder._raw(memoryview(value))  # noqa: SLF001


def _write_items(encoder: Encoder, value: Any, depth: int, tag: int) -> None:
    encoder._tail.append(tag)  # noqa: SLF001
    encoder._tail += _U32.pack(len(value))  # noqa: SLF001
    for item in value:
        encoder._value(item, depth + 1)  # noqa: SLF001


def _write_list(encoder: Encoder, value: list[Any], depth: int) -> None:
    _write_items(encoder, value, depth, tags.LIST)


def _write_tuple(encoder: Encoder, value: tuple[Any, ...], depth: int) -> None:
    _write_items(encoder, value, depth, tags.TUPLE)


def _write_set(encoder: Encoder, value: set[Any] | frozenset[Any], depth: int) -> None:
    _check_keys(encoder, value)
    tag = tags.SET if type(value) is set else tags.FROZENSET
    _write_items(encoder, value, depth, tag)


def _write_dict(encoder: Encoder, value: dict[Any, Any], depth: int) -> None:
    _check_keys(encoder, value)
    encoder._tail.append(tags.DICT)  # noqa: SLF001
    encoder._tail += _U32.pack(len(value))  # noqa: SLF001
    for key, item in value.items():
        encoder._value(key, depth + 1)  # noqa: SLF001
        encoder._value(item, depth + 1)  # noqa: SLF001


def _check_keys(encoder: Encoder, keys: Any) -> None:
    encoder._other_keys += sum(type(key) is not str for key in keys)  # noqa: SLF001
    limit = encoder._caps.keys  # noqa: SLF001
    if len(keys) > limit or encoder._other_keys > limit:  # noqa: SLF001
        raise EncodeError(f"more than {limit:,} entries in a dict or set are too many")


def _write_slice(encoder: Encoder, value: slice, depth: int) -> None:
    encoder._tail.append(tags.SLICE)  # noqa: SLF001
    for part in (value.start, value.stop, value.step):
        encoder._value(part, depth + 1)  # noqa: SLF001


def _write_ellipsis(encoder: Encoder, _value: Any, _depth: int) -> None:
    encoder._tail.append(tags.ELLIPSIS)  # noqa: SLF001


def _write_range(encoder: Encoder, value: range, depth: int) -> None:
    encoder._tail.append(tags.RANGE)  # noqa: SLF001
    for part in (value.start, value.stop, value.step):
        encoder._value(part, depth + 1)  # noqa: SLF001


def _array_writer(kind: type) -> _Writer | None:  # noqa: PLR0911 - a table of types
    """The writer for a type of NumPy or PyTorch, if that library is loaded at all."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if torch is not None:
        if kind is torch.Tensor or kind is torch.nn.Parameter:
            return _write_tensor
        if kind is torch.Size:
            return _write_size
        if kind is torch.dtype:
            return _write_torch_dtype
        if kind is torch.device:
            return _write_device
    if numpy is not None:
        if kind is numpy.ndarray:
            return _write_array
        if issubclass(kind, numpy.generic) and kind.__module__ == "numpy":
            return _write_scalar
        if issubclass(kind, numpy.dtype):
            return _write_numpy_dtype
    return None


def _write_array(encoder: Encoder, value: Any, depth: int) -> None:
    alias = encoder._references.alias(value)  # noqa: SLF001
    if alias is not None:
        encoder._tagged(alias, depth)  # noqa: SLF001
        return
    code = tags.CODE_OF.get(value.dtype.name)
    if code is None:
        raise EncodeError(f"a NumPy array of dtype {value.dtype} cannot cross; use numbers")
    _check_size(encoder, value.size, code)
    array = value.astype(value.dtype.newbyteorder("="), order="C", copy=False)
    encoder._tail += bytes((tags.ARRAY, code, value.ndim))  # noqa: SLF001
    _write_shape(encoder, value.shape)
    encoder._raw(_view(array))  # noqa: SLF001


def _write_scalar(encoder: Encoder, value: Any, _depth: int) -> None:
    code = tags.CODE_OF.get(value.dtype.name)
    if code is None:
        raise EncodeError(f"a NumPy {value.dtype} cannot cross; use a number")
    encoder._tail += bytes((tags.SCALAR, code))  # noqa: SLF001
    encoder._raw(memoryview(value.tobytes()))  # noqa: SLF001


def _write_tensor(encoder: Encoder, value: Any, depth: int) -> None:
    alias = encoder._references.alias(value)  # noqa: SLF001
    if alias is not None:
        encoder._tagged(alias, depth)  # noqa: SLF001
        return
    torch = sys.modules["torch"]
    name = str(value.dtype).removeprefix("torch.")
    code = tags.CODE_OF.get(name)
    if code is None:
        raise EncodeError(f"a tensor of dtype {value.dtype} cannot cross")
    _check_size(encoder, value.numel(), code)
    number = encoder._references.tensor_sent(value)  # noqa: SLF001
    grad = value.grad if value.is_leaf else None
    flags = tags.NEEDS_GRAD * value.requires_grad
    flags |= tags.PARAMETER * (type(value) is torch.nn.Parameter)
    flags |= tags.HAS_GRAD * (grad is not None)
    encoder._tail += bytes((tags.TENSOR, code, value.ndim, flags)) + _U32.pack(number)  # noqa: SLF001
    _write_shape(encoder, value.shape)
    encoder._raw(_tensor_view(value, name))  # noqa: SLF001
    if grad is not None:
        encoder._raw(_tensor_view(grad.to(value.dtype).reshape(value.shape), name))  # noqa: SLF001


def _tensor_view(value: Any, name: str) -> memoryview:
    torch = sys.modules["torch"]
    if value.layout is not torch.strided or value.is_quantized or value.device.type == "meta":
        if value.device.type == "meta" or value.is_quantized:
            raise EncodeError("a meta or quantized tensor has no plain values; return a dense one")
        value = value.to_dense()
    plain = value.detach().cpu().resolve_conj().resolve_neg().contiguous()
    if name in tags.NOT_IN_NUMPY:
        plain = plain.view(torch.uint16)
    return _view(plain.numpy())


def _view(array: Any) -> memoryview:
    # A zero-dimensional or empty array has no castable view; its bytes are few.
    return memoryview(array.tobytes()) if array.size <= 1 else memoryview(array).cast("B")


def _write_shape(encoder: Encoder, shape: Any) -> None:
    if len(shape) > encoder._caps.dimensions:  # noqa: SLF001
        raise EncodeError(f"an array of {len(shape)} dimensions has too many")
    for size in shape:
        encoder._tail += _U64.pack(size)  # noqa: SLF001


def _check_size(encoder: Encoder, count: int, code: int) -> None:
    # Before anything is made contiguous: an expanded view may claim 10^12 elements on 4 bytes.
    size = count * tags.ELEMENTS[code][1]
    if size > encoder._caps.frame_bytes:  # noqa: SLF001
        raise EncodeError(f"an array of {size / 1024**2:,.0f} MiB is too large to cross")


def _write_size(encoder: Encoder, value: Any, depth: int) -> None:
    _write_items(encoder, tuple(value), depth, tags.TUPLE)


def _write_torch_dtype(encoder: Encoder, value: Any, _depth: int) -> None:
    _write_dtype(encoder, 0, str(value).removeprefix("torch."))


def _write_numpy_dtype(encoder: Encoder, value: Any, _depth: int) -> None:
    _write_dtype(encoder, 1, value.name)


def _write_dtype(encoder: Encoder, library: int, name: str) -> None:
    code = tags.CODE_OF.get(name)
    if code is None:
        raise EncodeError(f"the dtype {name} cannot cross")
    encoder._tail += bytes((tags.DTYPE, library, code))  # noqa: SLF001


def _write_device(encoder: Encoder, value: Any, _depth: int) -> None:
    encoder._tail += bytes((tags.DEVICE, value.type == "cuda"))  # noqa: SLF001


_WRITERS: dict[type, _Writer] = {
    type(None): _write_none,
    bool: _write_bool,
    int: _write_int,
    float: _write_float,
    complex: _write_complex,
    str: _write_str,
    bytes: _write_bytes,
    bytearray: _write_bytes,
    list: _write_list,
    tuple: _write_tuple,
    dict: _write_dict,
    OrderedDict: _write_dict,
    defaultdict: _write_dict,
    Counter: _write_dict,
    set: _write_set,
    frozenset: _write_set,
    slice: _write_slice,
    type(...): _write_ellipsis,
    range: _write_range,
}
_CONTAINERS = frozenset({list, tuple, dict, OrderedDict, defaultdict, Counter, set, frozenset})
