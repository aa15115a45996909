"""Formulas in declared variables: read with narrow bounds, computed in floats.

A formula is a syntax tree of numbers, variables, `+ - * / **` and a few functions; any other kind
of node is refused before anything is computed. It is never compiled: the tree is walked, and each
number on the way is a float, so that no power and no product can grow beyond one.
"""

from __future__ import annotations

import ast
import hashlib
import math
import operator
import random
import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from assignments.answers.errors import Unreadable, quoted
from assignments.answers.text import greek_by_name, plain
from assignments.fields import near_miss

MAX_TEXT = 400
MAX_DEPTH = 40
POINTS = 12
"""At how many points two formulas are compared."""
Ranges = Mapping[str, tuple[Decimal, Decimal]]

FUNCTIONS: dict[str, Callable[..., float]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "ln": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "abs": abs,
    "min": min,
    "max": max,
    "ceil": math.ceil,
    "floor": math.floor,
}
CONSTANTS = {"pi": math.pi}
_NODES = (ast.BinOp, ast.UnaryOp, ast.Name, ast.Call, ast.Constant)
_STRANGE = re.compile(r"[^A-Za-z0-9_.+\-*/(), ]")
# A number or a bracket with a name, a number or a bracket right behind it.
_NO_SIGN = re.compile(
    r"(?<![A-Za-z0-9_.])[0-9][0-9_.]*+(?:[eE][+-]?[0-9]+)?+ ?[A-Za-z_(]"
    r"|\) ?[A-Za-z0-9_(]"
    r"|[A-Za-z0-9_] [A-Za-z0-9_]"
)
_SIGNS_IN_A_ROW = re.compile(r"(?:[-+*/] ?){6}")
_WIDE_RANGE = 100


def _power(base: float, exponent: float) -> float:
    # Unlike `**`, this has no complex results: a root of a negative number is a ValueError.
    return math.pow(base, exponent)


_OPERATORS: dict[type[ast.operator | ast.unaryop], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: _power,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


class Expression:
    """A formula that was read, and can be computed wherever its variables have values."""

    def __init__(self, typed: str, variables: Ranges) -> None:
        self._text = _checked_text(typed)
        self._tree = _tree(self._text)
        _check_nodes(self._tree, variables)

    def at(self, values: Mapping[str, float]) -> float | None:
        """The value at one point; None where it has none, or none that a number can hold."""
        try:
            found = _value(self._tree, {**CONSTANTS, **values})
        except (ArithmeticError, ValueError):
            return None
        except RecursionError:
            raise _too_deep(self._text) from None
        except TypeError:
            raise Unreadable(
                f"{quoted(self._text)} calls a function with values that it does not take"
            ) from None
        return found if math.isfinite(found) else None


def _value(node: ast.expr, names: Mapping[str, float]) -> float:
    """What a tree that `_check_nodes` has let through comes to."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return float(names[name])
        case ast.UnaryOp(op=sign, operand=operand):
            return _OPERATORS[type(sign)](_value(operand, names))
        case ast.BinOp(left=left, op=sign, right=right):
            return _OPERATORS[type(sign)](_value(left, names), _value(right, names))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return float(FUNCTIONS[name](*(_value(argument, names) for argument in arguments)))
    raise AssertionError(f"{type(node).__name__} was let through")


def _checked_text(typed: str) -> str:
    text = greek_by_name(plain(typed)).lstrip("=").strip()
    if len(text) > MAX_TEXT:
        raise Unreadable(f"this is too long: write it with at most {MAX_TEXT} characters")
    text = text.replace("^", "**")
    if strange := _STRANGE.search(text):
        raise Unreadable(
            f"{quoted(text)} holds {quoted(strange.group())}, which cannot be read in a formula: "
            "use numbers, variables, + - * / ** and brackets"
        )
    if _depth(text) > MAX_DEPTH or _SIGNS_IN_A_ROW.search(text):
        raise _too_deep(text)
    if missing := _NO_SIGN.search(text):
        raise Unreadable(
            f"{quoted(missing.group())} lacks a sign: write * between factors, such as 2 * x"
        )
    return text


def _too_deep(text: str) -> Unreadable:
    return Unreadable(f"{quoted(text)} is nested too deeply: write it more simply")


def _depth(text: str) -> int:
    depth = deepest = 0
    for char in text:
        depth += (char == "(") - (char == ")")
        deepest = max(deepest, depth)
    return deepest


def _tree(text: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise Unreadable(
            f"{quoted(text)} is not a formula: write it like 2 * x / (y + 1)"
        ) from None


def _check_nodes(tree: ast.expr, variables: Ranges) -> None:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        match node:
            case ast.Name() if id(node) in called:
                if node.id not in FUNCTIONS:
                    raise Unreadable(_no_function(node.id, variables))
            case ast.Name() if node.id not in variables and node.id not in CONSTANTS:
                raise Unreadable(_no_variable(node.id, variables))
            case ast.Constant():
                _check_number(node.value)
            case ast.BinOp() | ast.UnaryOp() if type(node.op) not in _OPERATORS:
                raise Unreadable("this uses a sign that cannot be read: use + - * / and **")
            case ast.Call() if node.keywords or not isinstance(node.func, ast.Name):
                raise Unreadable("write * between factors, such as 2 * (x + 1)")
            case ast.expr() if not isinstance(node, _NODES):
                raise Unreadable("this is not a formula: write it like 2 * x / (y + 1)")


def _check_number(value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable("use numbers such as 2, 0.5 or 1e9")
    try:
        finite = math.isfinite(float(value))
    except OverflowError:
        finite = False
    if not finite:
        raise Unreadable("a number is beyond all that are asked for here")


def _no_function(name: str, variables: Ranges) -> str:
    if name in variables:
        return f"{name} is a variable: write * before the bracket, {name} * (...)"
    return f"{quoted(name)} is not a function that is known here: {', '.join(FUNCTIONS)} are"


def _no_variable(name: str, variables: Ranges) -> str:
    near = near_miss(name, variables).replace("'", "")
    listed = ", ".join(variables) or "none"
    return f"{quoted(name)} is not a variable of this question (they are {listed}). {near}".strip()


def sample(name: str, ranges: Ranges) -> list[dict[str, float]]:
    """Points in the ranges to compare at: always the same for one name."""
    source = random.Random(hashlib.sha256(name.encode()).digest())  # noqa: S311 - no secret
    return [
        {variable: _within(*ends, source) for variable, ends in ranges.items()}
        for _ in range(POINTS)
    ]


def _within(low: Decimal, high: Decimal, source: random.Random) -> float:
    # Over many powers of ten, evenly drawn numbers would all have the largest one.
    if low > 0 and high / low > _WIDE_RANGE:
        return math.exp(source.uniform(math.log(float(low)), math.log(float(high))))
    return source.uniform(float(low), float(high))
