"""The bytes that name a value's kind, and the closed lists of element types."""

from __future__ import annotations

from typing import Final

NONE: Final = ord("N")
TRUE: Final = ord("T")
FALSE: Final = ord("F")
INT64: Final = ord("i")
BIGINT: Final = ord("I")
FLOAT: Final = ord("f")
COMPLEX: Final = ord("c")
STRING: Final = ord("s")
BYTES: Final = ord("b")
LIST: Final = ord("l")
TUPLE: Final = ord("t")
DICT: Final = ord("d")
SET: Final = ord("e")
FROZENSET: Final = ord("z")
ARRAY: Final = ord("a")
SCALAR: Final = ord("x")
TENSOR: Final = ord("G")
DTYPE: Final = ord("D")
DEVICE: Final = ord("V")
SLICE: Final = ord("S")
ELLIPSIS: Final = ord("E")
RANGE: Final = ord("R")
REFERENCE: Final = ord("r")

NEEDS_GRAD: Final = 1
PARAMETER: Final = 2
HAS_GRAD: Final = 4

# name -> bytes of one element; the position is the code on the wire, so append, never reorder.
ELEMENTS: Final[tuple[tuple[str, int], ...]] = (
    ("bool", 1),
    ("uint8", 1),
    ("int8", 1),
    ("int16", 2),
    ("int32", 4),
    ("int64", 8),
    ("float16", 2),
    ("float32", 4),
    ("float64", 8),
    ("complex64", 8),
    ("complex128", 16),
    ("bfloat16", 2),
    ("uint16", 2),
    ("uint32", 4),
    ("uint64", 8),
)
CODE_OF: Final = {name: code for code, (name, _) in enumerate(ELEMENTS)}
NOT_IN_NUMPY: Final = frozenset({"bfloat16"})
MUTABLE: Final = frozenset({LIST, DICT, SET, ARRAY, TENSOR, TUPLE})
