"""Hidden checks of problem 3: operators one by one, then Jacobians against torch.autograd."""

import math

import pytest
import question3
import torch


def waves(x, y, ops):
    """Three results of two inputs, with `ops` (torch or question3) for the functions."""
    return [ops.sin(x * y) + 2.0 * x, x / y - y, ops.exp(-x) * ops.cos(y) ** 2]


def saturation(x, y, z, ops):
    """Two results of three inputs."""
    return [1.0 / (1.0 + ops.exp(-(x + y))) - z, ops.log(3.0 + x * x) * (5.0 - z) ** 3]


# Name, the operation on two operands, and its two partial derivatives.
BINARY = [
    ("x + y", lambda x, y: x + y, lambda x, y: (1, 1)),
    ("x - y", lambda x, y: x - y, lambda x, y: (1, -1)),
    ("x * y", lambda x, y: x * y, lambda x, y: (y, x)),
    ("x / y", lambda x, y: x / y, lambda x, y: (1 / y, -x / y**2)),
]

# Name, the operation on one operand (numbers on either side), and its derivative.
UNARY = [
    ("-x", lambda x: -x, lambda x: -1),
    ("x + 2", lambda x: x + 2, lambda x: 1),
    ("2 + x", lambda x: 2 + x, lambda x: 1),
    ("x - 3", lambda x: x - 3, lambda x: 1),
    ("3 - x", lambda x: 3 - x, lambda x: -1),
    ("x * 5", lambda x: x * 5, lambda x: 5),
    ("5 * x", lambda x: 5 * x, lambda x: 5),
    ("x / 4", lambda x: x / 4, lambda x: 0.25),
    ("4 / x", lambda x: 4 / x, lambda x: -4 / x**2),
    ("x ** 3", lambda x: x**3, lambda x: 3 * x**2),
    ("x ** 0.5", lambda x: x**0.5, lambda x: 0.5 * x**-0.5),
]

# The same for what is smooth at zero and below it too.
SMOOTH_EVERYWHERE = [
    ("x ** 2", lambda x: x**2, lambda x: 2 * x),
    ("x ** 3", lambda x: x**3, lambda x: 3 * x**2),
    ("x / 4", lambda x: x / 4, lambda x: 0.25),
    ("9 / (x + 9)", lambda x: 9 / (x + 9), lambda x: -9 / (x + 9) ** 2),
]


def draw(rng, count):
    """Positive numbers away from 0, so that every operation is smooth and not too steep."""
    return [float(number) for number in rng.uniform(0.5, 2.0, size=count)]


def close(actual, expected):
    return actual == pytest.approx(expected, rel=1e-6, abs=1e-9)


def expected_jacobian(function, x):
    """By torch, in float64."""
    point = tuple(torch.tensor(value, dtype=torch.float64) for value in x)
    rows = torch.autograd.functional.jacobian(lambda *args: tuple(function(*args, torch)), point)
    return [[entry.item() for entry in row] for row in rows]


def assert_jacobian(actual, expected):
    assert isinstance(actual, list), "a Jacobian is a list of rows"
    assert len(actual) == len(expected), "wrong number of rows"
    for row, expected_row in zip(actual, expected, strict=True):
        assert isinstance(row, list), "a row is a list of floats"
        assert len(row) == len(expected_row), "wrong number of columns"
        assert close(row, expected_row), "an entry is wrong"


@pytest.mark.points(3)
@pytest.mark.hint(
    "Check each rule on its own: product, quotient, power, and the reflected operators, where "
    "the number stands on the left."
)
def test_dual_operators(rng):
    """Operators of dual numbers, also with plain numbers on either side"""
    a, b, da, db = draw(rng, 4)
    for name, operation, slopes in BINARY:
        result = operation(question3.Dual(a, da), question3.Dual(b, db))
        left, right = slopes(a, b)
        assert close(result.value, operation(a, b)), f"{name}: the value is wrong"
        assert close(result.deriv, left * da + right * db), f"{name}: the derivative is wrong"
    for name, operation, slope in UNARY:
        result = operation(question3.Dual(a, da))
        assert close(result.value, operation(a)), f"{name}: the value is wrong"
        assert close(result.deriv, slope(a) * da), f"{name}: the derivative is wrong"


@pytest.mark.points(1)
@pytest.mark.hint("Each rule must hold at zero and below it: no logarithms, no division by x itself.")
def test_zero_and_negative_values(rng):
    """Operators at zero and at negative values, in both modes"""
    (a,) = draw(rng, 1)
    for value in [0.0, -a]:
        for name, operation, slope in SMOOTH_EVERYWHERE:
            dual = operation(question3.Dual(value, 2.0))
            assert close(dual.value, operation(value)), f"{name}: the value of a Dual is wrong"
            assert close(dual.deriv, 2.0 * slope(value)), f"{name}: the derivative is wrong"
            tape = question3.Tape()
            x = tape.variable(value)
            result = operation(x)
            assert close(result.value, operation(value)), f"{name}: the value of a Var is wrong"
            assert close(tape.gradient(result, [x]), [slope(value)]), f"{name}: wrong gradient"


@pytest.mark.points(1)
@pytest.mark.hint("Every operator makes a new object; the operands may be needed again.")
def test_operands_stay_as_they_are(rng):
    """No operator changes its operands"""
    a, b, da, db = draw(rng, 4)
    x, y = question3.Dual(a, da), question3.Dual(b, db)
    tape = question3.Tape()
    left, right = tape.variable(a), tape.variable(b)

    for _, operation, _ in BINARY:
        operation(x, y)
        operation(left, right)
    for _, operation, _ in UNARY:
        operation(x)
        operation(left)

    assert [x.value, x.deriv, y.value, y.deriv] == [a, da, b, db], "a Dual has changed"
    assert [left.value, right.value] == [a, b], "a Var has changed"


@pytest.mark.points(1)
@pytest.mark.hint("The chain rule: multiply by the derivative that came in. Numbers stay numbers.")
def test_elementary_functions(rng):
    """Sine, cosine, exponential and logarithm of dual numbers and of numbers"""
    value, deriv = draw(rng, 2)
    slopes = {
        "sin": math.cos(value),
        "cos": -math.sin(value),
        "exp": math.exp(value),
        "log": 1 / value,
    }
    for name, slope in slopes.items():
        function = getattr(question3, name)
        result = function(question3.Dual(value, deriv))
        assert isinstance(result, question3.Dual), f"{name} of a Dual must be a Dual"
        assert close(result.value, getattr(math, name)(value)), f"{name}: the value is wrong"
        assert close(result.deriv, slope * deriv), f"{name}: the derivative is wrong"
        assert close(function(value), getattr(math, name)(value)), f"{name} of a number is wrong"


@pytest.mark.points(3)
@pytest.mark.hint("Seed one input with the derivative 1 and the others with 0; result i is row i.")
@pytest.mark.parametrize("function", [waves, saturation])
def test_jacobian_forward(function, rng):
    """Forward mode agrees with automatic differentiation"""
    x = draw(rng, 2 if function is waves else 3)
    actual = question3.jacobian_forward(lambda *args: function(*args, question3), x)
    assert_jacobian(actual, expected_jacobian(function, x))


@pytest.mark.points(2)
@pytest.mark.hint(
    "Record the derivative with respect to each parent at the time of the operation, and mind "
    "the sign and the order of the parents."
)
def test_tape_operators(rng):
    """Operators on the tape, also with plain numbers on either side"""
    a, b = draw(rng, 2)
    tape = question3.Tape()
    x, y = tape.variable(a), tape.variable(b)
    for name, operation, slopes in BINARY:
        result = operation(x, y)
        assert close(result.value, operation(a, b)), f"{name}: the value is wrong"
        assert close(tape.gradient(result, [x, y]), list(slopes(a, b))), f"{name}: wrong gradient"
    for name, operation, slope in UNARY:
        result = operation(x)
        assert close(result.value, operation(a)), f"{name}: the value is wrong"
        assert close(tape.gradient(result, [x, y]), [slope(a), 0.0]), f"{name}: wrong gradient"


@pytest.mark.points(2)
@pytest.mark.hint("A value that is used twice gets a gradient along each of its paths: ADD them.")
def test_tape_sums_over_paths(rng):
    """A value that is used several times collects all its gradients"""
    (a,) = draw(rng, 1)
    tape = question3.Tape()
    x = tape.variable(a)
    square = x * x
    result = square * x + square

    assert close(tape.gradient(x + x, [x]), [2.0]), "x + x: wrong gradient"
    assert close(tape.gradient(square, [x]), [2 * a]), "x * x: wrong gradient"
    assert close(tape.gradient(result, [x]), [3 * a**2 + 2 * a]), "a longer program: wrong gradient"
    assert close(tape.gradient(result, [square]), [a + 1]), "of a value in between: wrong gradient"


@pytest.mark.points(2)
@pytest.mark.hint("Walk the tape from the output back to the inputs, once for each result.")
@pytest.mark.parametrize("function", [waves, saturation])
def test_jacobian_reverse(function, rng):
    """Reverse mode agrees with automatic differentiation"""
    x = draw(rng, 2 if function is waves else 3)
    actual = question3.jacobian_reverse(lambda *args: function(*args, question3), x)
    assert_jacobian(actual, expected_jacobian(function, x))


@pytest.mark.points(1)
@pytest.mark.hint("The functions at the end of the file are differentiated too: leave them there.")
@pytest.mark.parametrize("mode", ["jacobian_forward", "jacobian_reverse"])
def test_programs_of_the_handout(mode, rng):
    """Both modes differentiate the programs given with the homework"""
    jacobian = getattr(question3, mode)
    r, angle = draw(rng, 2)
    expected = [
        [math.cos(angle), -r * math.sin(angle)],
        [math.sin(angle), r * math.cos(angle)],
    ]
    assert_jacobian(jacobian(question3.polar, [r, angle]), expected)
    assert_jacobian(jacobian(question3.newton_sqrt, [r]), [[0.5 / math.sqrt(r)]])


@pytest.mark.points(1)
@pytest.mark.hint("A result may be a plain number or an input itself, and m may differ from n.")
@pytest.mark.parametrize("mode", ["jacobian_forward", "jacobian_reverse"])
def test_results_without_operations(mode, rng):
    """Constants and inputs as results"""
    x = draw(rng, 3)
    jacobian = getattr(question3, mode)
    assert_jacobian(jacobian(lambda a, b, c: [1.5, b], x), [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


@pytest.mark.points(1)
@pytest.mark.hint("Forward mode calls f once for each input, reverse mode once in all.")
def test_number_of_calls(rng):
    """Each mode calls the function as often as it must"""
    calls = []

    def product(x, y, z):
        calls.append(1)
        return [x * y * z]

    x = draw(rng, 3)
    question3.jacobian_forward(product, x)
    assert len(calls) == 3, "forward mode: wrong number of calls"
    question3.jacobian_reverse(product, x)
    assert len(calls) == 4, "reverse mode: wrong number of calls"
