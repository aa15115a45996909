"""The codec: what crosses comes out the same; what an attacker makes ends in `ProtocolError`."""

from __future__ import annotations

import contextlib
import math
import struct
import time
import tracemalloc
from collections import OrderedDict, defaultdict
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from runners.wire import tags
from runners.wire.caps import DEFAULT_CAPS, Caps
from runners.wire.decode import decode
from runners.wire.encode import encode
from runners.wire.errors import EncodeError, ProtocolError

NUMPY_NAMES = [name for name, _ in tags.ELEMENTS if name not in tags.NOT_IN_NUMPY]
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**4000), 2**4000)
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text()
    | st.binary()
)
keys = st.none() | st.booleans() | st.integers() | st.text() | st.tuples(st.integers(), st.text())
plain = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(keys, inner, max_size=5)
        | st.sets(keys, max_size=5)
        | st.frozensets(keys, max_size=5)
    ),
    max_leaves=30,
)
arrays = st.sampled_from(NUMPY_NAMES).flatmap(
    lambda name: hnp.arrays(name, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)


def types_of(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value), [types_of(item) for item in value]
    if isinstance(value, dict):
        return dict, [(types_of(k), types_of(v)) for k, v in value.items()]
    return type(value)


@given(plain)
def test_plain_values_cross_unchanged_in_value_and_type(value: Any) -> None:
    back = decode(encode(value))
    assert back == value
    assert types_of(back) == types_of(value)


@given(arrays)
def test_arrays_cross_bit_for_bit(array: Any) -> None:
    back = decode(encode(array))
    assert type(back) is np.ndarray
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert back.tobytes() == array.tobytes()
    assert back.flags.writeable


@given(arrays)
def test_tensors_cross_bit_for_bit(array: Any) -> None:
    tensor = torch.from_numpy(array.copy())
    back = decode(encode(tensor))
    assert type(back) is torch.Tensor
    assert (back.dtype, back.shape) == (tensor.dtype, tensor.shape)
    assert back.numpy().tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "value",
    [
        torch.arange(12.0).reshape(3, 4).t(),
        torch.arange(12.0).reshape(3, 4)[:, ::2],
        torch.ones(1).expand(5),
        torch.ones(3, dtype=torch.bfloat16),
        torch.tensor(1 + 2j).conj(),
        torch.zeros(0, 3),
        torch.eye(3).to_sparse(),
    ],
)
def test_odd_tensors_arrive_dense_and_equal(value: Any) -> None:
    dense = value.to_dense() if value.is_sparse else value
    torch.testing.assert_close(decode(encode(value)), dense, rtol=0, atol=0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0, 5e-324])
def test_special_floats_keep_their_bits(value: float) -> None:
    assert struct.pack(">d", decode(encode(value))) == struct.pack(">d", value)


@pytest.mark.parametrize(
    "value",
    [slice(1, None, 2), ..., range(0, 9, 2), torch.float16, torch.bool, torch.device("cpu")],
)
def test_what_indexing_and_torch_need_crosses(value: Any) -> None:
    assert decode(encode(value)) == value


def test_dicts_of_other_kinds_arrive_as_dicts() -> None:
    for value in (OrderedDict(a=1), defaultdict(int, a=1)):
        back = decode(encode(value))
        assert type(back) is dict
        assert back == {"a": 1}


def test_a_parameter_stays_one_and_keeps_its_gradient() -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    (weight * 3).sum().backward()
    back = decode(encode(weight))
    assert type(back) is torch.nn.Parameter
    assert back.requires_grad
    assert back.is_leaf
    assert back.grad is not None
    assert back.grad.tolist() == [3.0, 3.0]


class FloatSubclass(float):
    pass


class TensorSubclass(torch.Tensor):
    pass


@pytest.mark.parametrize(
    "value",
    [
        FloatSubclass(1.0),
        torch.ones(2).as_subclass(TensorSubclass),
        np.ones(2).view(np.matrix),
        object(),
        lambda: None,
    ],
)
def test_only_exact_types_are_plain(value: Any) -> None:
    with pytest.raises(EncodeError):
        encode(value)


def cyclic() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (cyclic(), "holds itself"),
        (nested(40), "deeper than 32"),
        (nested(100_000), "deeper than 32"),
        (1 << 5000, "too large"),
        ("x" * (1024**2 + 1), "too long"),
        ("\ud800", "surrogate"),
        (dict.fromkeys(range(5001)), "too many"),
        ([set(range(3000)), set(range(3000))], "too many"),
        ([0] * 200_001, "use a tensor"),
        (torch.ones(1).expand(10**12), "too large to cross"),
        (torch.ones(2, device="meta"), "meta"),
        (np.array([object()]), "dtype object"),
        (np.array(["a"]), "dtype"),
    ],
)
def test_what_cannot_cross_is_refused_with_a_reason(value: Any, says: str) -> None:
    with pytest.raises(EncodeError, match=says):
        encode(value)


def u32(number: int) -> bytes:
    return struct.pack(">I", number)


def u64(number: int) -> bytes:
    return struct.pack(">Q", number)


def tensor_head(code: int, shape: list[int], flags: int = 0) -> bytes:
    return bytes([tags.TENSOR, code, len(shape), flags]) + u32(0) + b"".join(map(u64, shape))


FLOAT32 = tags.CODE_OF["float32"]
COLLIDING = b"".join(
    b"i" + struct.pack(">q", k * (2**61 - 1) % 2**63) + b"N" for k in range(50_000)
)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"?",
        b"i123",
        b"s" + u32(2**31) + b"x",
        b"s" + u32(2) + b"\xff\xfe",
        b"b" + u64(2**63) + b"x",
        b"I" + struct.pack(">H", 60_000) + b"\x01" * 60_000,
        b"l" + u32(2**32 - 1),
        b"l\x00\x00\x00\x01" * 1_000_000 + b"N",
        b"t\x00\x00\x00\x01" * 40 + b"N",
        b"d" + u32(50_000) + COLLIDING,
        b"l" + u32(10) + (b"d" + u32(5_000) + COLLIDING[: 5_000 * 10]) * 10,
        b"d" + u32(1) + b"l" + u32(0) + b"N",
        b"e" + u32(1) + tensor_head(FLOAT32, [1]) + b"\0" * 4 + b"extra",
        tensor_head(FLOAT32, [2**62, 4]) + b"\0" * 16,
        tensor_head(FLOAT32, [2**64 - 1]) + b"\0" * 16,
        tensor_head(FLOAT32, [0, 10**18]),
        tensor_head(FLOAT32, [1] * 17) + b"\0" * 4,
        tensor_head(FLOAT32, [3]) + b"\0" * 11,
        tensor_head(99, [1]) + b"\0",
        tensor_head(tags.CODE_OF["bool"], [1]) + b"\xff",
        tensor_head(tags.CODE_OF["int64"], [1], tags.NEEDS_GRAD) + b"\0" * 8,
        tensor_head(FLOAT32, [1], tags.HAS_GRAD) + b"\0" * 4,
        b"a" + bytes([tags.CODE_OF["bfloat16"], 0]) + b"\0\0",
        b"R" + b"N" * 3,
        b"r" + b"N",
        b"r" + b"t" + u32(1) + b"s" + u32(6) + b"handle",
        b"N" + b"N",
    ],
)
def test_hostile_messages_end_in_a_protocol_error_at_once(message: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(ProtocolError):
        decode(message)
    assert time.monotonic() - began < 2


@given(st.binary(max_size=400))
@settings(max_examples=1000)
def test_any_bytes_decode_or_are_refused(message: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        decode(message)


@given(plain | arrays, st.data())
@settings(max_examples=500)
def test_damaged_messages_decode_or_are_refused(value: Any, data: st.DataObject) -> None:
    message = bytearray(encode(value))
    for _ in range(data.draw(st.integers(1, 4))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ProtocolError):
        decode(message)


@given(st.binary(min_size=1, max_size=60))
@settings(max_examples=200)
def test_a_short_message_never_takes_much_memory(message: bytes) -> None:
    tracemalloc.start()
    try:
        decode(message * 20)
    except ProtocolError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 4 * 1024**2


def test_the_caps_hold_where_a_homework_sets_its_own() -> None:
    small = Caps(frame_bytes=1000)
    with pytest.raises(EncodeError, match="too large to cross"):
        encode(torch.ones(1000), caps=small)
    assert DEFAULT_CAPS.frame_bytes > small.frame_bytes
