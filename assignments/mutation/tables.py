"""What is taken for what, and what is forgotten: the tables of the operators."""

from __future__ import annotations

import ast

ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "//"),
    ast.Pow: ("**", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
_PAIRS = (
    ("sum", "mean"),
    ("max", "min"),
    ("amax", "amin"),
    ("argmax", "argmin"),
    ("maximum", "minimum"),
    ("clamp_min", "clamp_max"),
    ("cumsum", "cumprod"),
    ("tril", "triu"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("floor", "ceil"),
    ("sqrt", "square"),
    ("rsqrt", "sqrt"),
    ("sin", "cos"),
    ("exp", "expm1"),
    ("log", "log1p"),
    ("repeat", "repeat_interleave"),
    ("add_", "sub_"),
    ("mul_", "div_"),
    ("all", "any"),
    ("lt", "le"),
    ("gt", "ge"),
    ("eq", "ne"),
    ("train", "eval"),
    ("add", "sub"),
    ("mul", "div"),
    ("var", "std"),
)
_ONE_WAY = {"log_softmax": ("softmax",), "logsumexp": ("sum",)}


def _swapped() -> dict[str, tuple[str, ...]]:
    found = {name: list(others) for name, others in _ONE_WAY.items()}
    for one, other in _PAIRS:
        found.setdefault(one, []).append(other)
        found.setdefault(other, []).append(one)
    return {name: tuple(dict.fromkeys(others)) for name, others in found.items()}


SWAPPED_NAMES = _swapped()
BUILTINS = frozenset({"max", "min", "any", "all"})

TRANSPOSES = frozenset({"mT", "T", "mH", "H"})
DROPPED_CALLS = frozenset().union(
    ("transpose", "t", "permute", "swapaxes", "movedim", "flip", "roll", "unsqueeze", "squeeze"),
    ("expand", "detach", "clone", "copy", "deepcopy", "reversed", "sorted"),
    ("float", "double", "half", "bfloat16", "long", "int", "to", "type_as"),
    ("abs", "exp", "log", "log1p", "sqrt", "rsqrt", "square", "pow", "neg", "reciprocal", "sign"),
    ("round", "floor", "ceil", "trunc", "clamp", "clamp_", "clamp_min", "clamp_max"),
    ("relu", "tanh", "sigmoid", "softmax", "log_softmax", "silu", "gelu", "dropout", "normalize"),
    ("masked_fill", "masked_fill_", "tril", "triu", "minimum", "maximum", "mean", "sum", "cumsum"),
)
"""Calls that may be left out so that their argument, or their object, stays."""

KEPT_KEYWORDS = frozenset({"device", "strict", "non_blocking", "pin_memory", "layout"})
"""Keywords that change no result on one machine."""
