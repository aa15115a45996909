"""Problem 3: automatic differentiation, forward mode and reverse mode.

The functions that we differentiate are ordinary Python. They use + - * / ** and `sin`, `cos`,
`exp` and `log` of this module, on numbers, on `Dual` or on `Var`. Do not use torch here. Each
operator makes a new object and leaves its operands alone. The rules must also hold where
an operand is zero or negative (for `**`, with whole exponents from 1 on).
"""

import math
from collections.abc import Callable
from typing import Union

Function = Callable[..., list]


class Dual:
    """A value and its derivative along one direction. Never changed after it is made."""

    def __init__(self, value: float, deriv: float = 0.0) -> None:
        """Given: leave it as it is. A constant has the derivative 0."""
        self.value = float(value)
        self.deriv = float(deriv)

    @staticmethod
    def lift(x: Union["Dual", float]) -> "Dual":
        """Given: a number becomes a constant, a Dual stays what it is."""
        return x if isinstance(x, Dual) else Dual(x)

    def __add__(self, other: Union["Dual", float]) -> "Dual":
        """self + other; `other` is a Dual or a number, as in all operators below."""
        ### BEGIN SOLUTION
        other = Dual.lift(other)
        return Dual(self.value + other.value, self.deriv + other.deriv)
        ### END SOLUTION

    __radd__ = __add__

    def __sub__(self, other: Union["Dual", float]) -> "Dual":
        """self - other."""
        ### BEGIN SOLUTION
        other = Dual.lift(other)
        return Dual(self.value - other.value, self.deriv - other.deriv)
        ### END SOLUTION

    def __rsub__(self, other: float) -> "Dual":
        """other - self."""
        ### BEGIN SOLUTION
        return Dual.lift(other) - self
        ### END SOLUTION

    def __mul__(self, other: Union["Dual", float]) -> "Dual":
        """self * other."""
        ### BEGIN SOLUTION
        other = Dual.lift(other)
        return Dual(self.value * other.value, self.deriv * other.value + self.value * other.deriv)
        ### END SOLUTION

    __rmul__ = __mul__

    def __truediv__(self, other: Union["Dual", float]) -> "Dual":
        """self / other."""
        ### BEGIN SOLUTION
        other = Dual.lift(other)
        value = self.value / other.value
        return Dual(value, (self.deriv - value * other.deriv) / other.value)
        ### END SOLUTION

    def __rtruediv__(self, other: float) -> "Dual":
        """other / self."""
        ### BEGIN SOLUTION
        return Dual.lift(other) / self
        ### END SOLUTION

    def __neg__(self) -> "Dual":
        """-self."""
        ### BEGIN SOLUTION
        return Dual(-self.value, -self.deriv)
        ### END SOLUTION

    def __pow__(self, exponent: float) -> "Dual":
        """self ** exponent; the exponent is a number."""
        ### BEGIN SOLUTION
        slope = exponent * self.value ** (exponent - 1)
        return Dual(self.value**exponent, slope * self.deriv)
        ### END SOLUTION


class Tape:
    """The record of a computation: for each value, which values it was made of."""

    def __init__(self) -> None:
        """Given: leave it as it is.

        parents[i] lists, for the value with index i, pairs of a parent's index and the local
        derivative d value[i] / d value[parent].
        """
        self.parents: list[list[tuple[int, float]]] = []

    def variable(self, value: float) -> "Var":
        """Given: a new input, which has no parents."""
        return self.record(value, [])

    def record(self, value: float, parents: list[tuple["Var", float]]) -> "Var":
        """Given: note a new value with its parents and the local derivatives."""
        self.parents.append([(parent.index, slope) for parent, slope in parents])
        return Var(value, self, len(self.parents) - 1)

    def gradient(self, output: "Var", inputs: list["Var"]) -> list[float]:
        """The derivatives of `output` with respect to each of `inputs`.

        One pass over the tape, from the output backwards. A value that is used several times
        collects the derivatives of all its paths. The tape does not change, so that gradients of
        several outputs can be asked for.

        returns: a list of floats, as long as `inputs`; 0.0 for an input that plays no part
        """
        ### BEGIN SOLUTION
        adjoints = [0.0] * len(self.parents)
        adjoints[output.index] = 1.0
        for index in range(output.index, -1, -1):
            for parent, slope in self.parents[index]:
                adjoints[parent] += slope * adjoints[index]
        return [adjoints[x.index] for x in inputs]
        ### END SOLUTION


class Var:
    """A value on a tape. Each operator computes a new value and records it."""

    def __init__(self, value: float, tape: Tape, index: int) -> None:
        """Given: made by the tape alone."""
        self.value = float(value)
        self.tape = tape
        self.index = index

    def lift(self, x: Union["Var", float]) -> "Var":
        """Given: a number becomes a value without parents on the same tape."""
        return x if isinstance(x, Var) else self.tape.variable(x)

    def __add__(self, other: Union["Var", float]) -> "Var":
        """self + other; `other` is a Var of the same tape or a number, as below."""
        ### BEGIN SOLUTION
        other = self.lift(other)
        return self.tape.record(self.value + other.value, [(self, 1.0), (other, 1.0)])
        ### END SOLUTION

    __radd__ = __add__

    def __sub__(self, other: Union["Var", float]) -> "Var":
        """self - other."""
        ### BEGIN SOLUTION
        other = self.lift(other)
        return self.tape.record(self.value - other.value, [(self, 1.0), (other, -1.0)])
        ### END SOLUTION

    def __rsub__(self, other: float) -> "Var":
        """other - self."""
        ### BEGIN SOLUTION
        return self.lift(other) - self
        ### END SOLUTION

    def __mul__(self, other: Union["Var", float]) -> "Var":
        """self * other."""
        ### BEGIN SOLUTION
        other = self.lift(other)
        parents = [(self, other.value), (other, self.value)]
        return self.tape.record(self.value * other.value, parents)
        ### END SOLUTION

    __rmul__ = __mul__

    def __truediv__(self, other: Union["Var", float]) -> "Var":
        """self / other."""
        ### BEGIN SOLUTION
        other = self.lift(other)
        value = self.value / other.value
        return self.tape.record(value, [(self, 1 / other.value), (other, -value / other.value)])
        ### END SOLUTION

    def __rtruediv__(self, other: float) -> "Var":
        """other / self."""
        ### BEGIN SOLUTION
        return self.lift(other) / self
        ### END SOLUTION

    def __neg__(self) -> "Var":
        """-self."""
        ### BEGIN SOLUTION
        return self.tape.record(-self.value, [(self, -1.0)])
        ### END SOLUTION

    def __pow__(self, exponent: float) -> "Var":
        """self ** exponent; the exponent is a number."""
        ### BEGIN SOLUTION
        slope = exponent * self.value ** (exponent - 1)
        return self.tape.record(self.value**exponent, [(self, slope)])
        ### END SOLUTION


Number = Union[Dual, Var, float]


def elementary(
    x: Number, f: Callable[[float], float], derivative: Callable[[float], float]
) -> Number:
    """Apply `f`, a function of one number, to a Dual, a Var or a plain number.

    returns: a Dual for a Dual, a Var on the same tape for a Var, a float for a number
    """
    ### BEGIN SOLUTION
    if isinstance(x, Dual):
        return Dual(f(x.value), derivative(x.value) * x.deriv)
    if isinstance(x, Var):
        return x.tape.record(f(x.value), [(x, derivative(x.value))])
    return f(x)
    ### END SOLUTION


def sin(x: Number) -> Number:
    """The sine of x."""
    ### BEGIN SOLUTION
    return elementary(x, math.sin, math.cos)
    ### END SOLUTION


def cos(x: Number) -> Number:
    """The cosine of x."""
    ### BEGIN SOLUTION
    return elementary(x, math.cos, lambda v: -math.sin(v))
    ### END SOLUTION


def exp(x: Number) -> Number:
    """e to the power of x."""
    ### BEGIN SOLUTION
    return elementary(x, math.exp, math.exp)
    ### END SOLUTION


def log(x: Number) -> Number:
    """The natural logarithm of x."""
    ### BEGIN SOLUTION
    return elementary(x, math.log, lambda v: 1 / v)
    ### END SOLUTION


def jacobian_forward(f: Function, x: list[float]) -> list[list[float]]:
    """The Jacobian of `f` at `x` by forward mode: one call of `f` for each input.

    f: takes n arguments and returns a list of m results; a result that does not depend on the
        arguments may be a plain number
    x: n numbers
    returns: m lists of n floats; row i holds the derivatives of result i
    """
    ### BEGIN SOLUTION
    columns = []
    for k in range(len(x)):
        results = f(*[Dual(value, float(i == k)) for i, value in enumerate(x)])
        columns.append([Dual.lift(result).deriv for result in results])
    return [list(row) for row in zip(*columns)]
    ### END SOLUTION


def jacobian_reverse(f: Function, x: list[float]) -> list[list[float]]:
    """The Jacobian of `f` at `x` by reverse mode: one call of `f`, one pass for each result.

    f, x and the result are those of `jacobian_forward`.
    """
    ### BEGIN SOLUTION
    tape = Tape()
    inputs = [tape.variable(value) for value in x]
    results = f(*inputs)
    return [
        tape.gradient(result, inputs) if isinstance(result, Var) else [0.0] * len(x)
        for result in results
    ]
    ### END SOLUTION


def polar(r: Number, angle: Number) -> list[Number]:
    """Given: the point with the polar coordinates r and angle, as [x, y]."""
    return [r * cos(angle), r * sin(angle)]


def newton_sqrt(a: Number) -> list[Number]:
    """Given: the square root of a by Newton's iteration, as a list of one result."""
    root = a
    for _ in range(8):
        root = 0.5 * (root + a / root)
    return [root]
