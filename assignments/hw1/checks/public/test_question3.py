"""Visible checks of problem 3: the example of the lecture."""

import pytest
import question3


def lecture_example(x1, x2):
    """y1 = (x1 + x2)^2, y2 = (x1 - x2)^2."""
    return [(x1 + x2) ** 2, (x1 - x2) ** 2]


JACOBIAN = [[12.0, 12.0], [-4.0, 4.0]]  # At (2, 4).


@pytest.mark.points(1)
@pytest.mark.hint("The derivative of a product has two terms.")
def test_dual_product_small():
    """Product of two dual numbers"""
    product = question3.Dual(3.0, 1.0) * question3.Dual(5.0, 2.0)
    assert product.value == 15.0, f"the value is {product.value}, not 15"
    assert product.deriv == 11.0, f"the derivative is {product.deriv}, not 11"


@pytest.mark.points(2)
@pytest.mark.hint("Each call of f gives one COLUMN of the Jacobian; the result is a list of rows.")
def test_jacobian_forward_small():
    """Jacobian of the lecture's example, forward mode"""
    jacobian = question3.jacobian_forward(lecture_example, [2.0, 4.0])
    assert jacobian == JACOBIAN, f"{jacobian} is not {JACOBIAN}"


@pytest.mark.points(2)
@pytest.mark.hint("Each pass over the tape gives one ROW of the Jacobian.")
def test_jacobian_reverse_small():
    """Jacobian of the lecture's example, reverse mode"""
    jacobian = question3.jacobian_reverse(lecture_example, [2.0, 4.0])
    assert jacobian == JACOBIAN, f"{jacobian} is not {JACOBIAN}"
