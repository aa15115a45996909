"""The comparison that suites should use: shape, element type, finiteness, then values."""

from __future__ import annotations

from math import inf
from typing import Any

import torch


class TensorsDiffer(AssertionError):  # noqa: N818 - it says what is, as its neighbours do
    """Two tensors differ by more than the tolerance; knows by how many times the tolerance."""

    def __init__(self, message: str, tolerances: float) -> None:
        self.tolerances = tolerances
        super().__init__(message)


def assert_tensor(
    actual: Any, expected: Any, *, rtol: float | None = None, atol: float | None = None
) -> float:
    """Compare a submission's tensor (or array, or number) with the expected one.

    `rtol` and `atol` default to `torch.testing.assert_close`'s for the element type. Raises
    `AssertionError` with a readable difference: largest absolute and relative error, the first bad
    index, the share of mismatches. Gives the largest error in tolerances: 1.0 just passes.
    """
    __tracebackhide__ = True
    expected = torch.as_tensor(expected)
    got = _as_tensor(actual)
    if got.shape != expected.shape:
        raise AssertionError(f"shape {tuple(got.shape)}, expected {tuple(expected.shape)}")
    if got.dtype != expected.dtype:
        raise AssertionError(f"element type {got.dtype}, expected {expected.dtype}")
    if (got.is_floating_point() or got.is_complex()) and torch.isfinite(expected).all():
        bad = ~torch.isfinite(got)
        if bad.any():
            raise AssertionError(f"{_count(bad)} are NaN or infinite, first at {_first(bad)}")
    default_rtol, default_atol = torch.testing._comparison.default_tolerances(got, expected)  # noqa: SLF001 - the library's own table
    rtol = default_rtol if rtol is None else rtol
    atol = default_atol if atol is None else atol
    wrong = ~torch.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=True)
    tolerances = _in_tolerances(got, expected, rtol, atol)
    if wrong.any():
        raise TensorsDiffer(_difference(got, expected, wrong), tolerances)
    return tolerances


def _as_tensor(actual: Any) -> torch.Tensor:
    if type(actual) in (torch.Tensor, torch.nn.Parameter):
        return torch.as_tensor(actual.detach())
    if actual is None:
        raise AssertionError("your code returned None, not a tensor: a missing return?")
    if type(actual) in (bool, int, float, complex) or type(actual).__module__ == "numpy":
        return torch.as_tensor(actual)
    raise AssertionError(f"a {type(actual).__name__} where a tensor is expected")


def _in_tolerances(got: torch.Tensor, expected: torch.Tensor, rtol: float, atol: float) -> float:
    """The largest error beside what is tolerated there; infinite for what nothing excuses."""
    if not got.numel():
        return 0.0
    exact = torch.complex128 if got.is_complex() else torch.float64
    wide, wanted = got.to(exact), expected.to(exact)
    share = (wide - wanted).abs() / (atol + rtol * wanted.abs())
    same = torch.isclose(wide, wanted, rtol=0, atol=0, equal_nan=True)
    return float(share.nan_to_num(nan=inf, posinf=inf).masked_fill(same, 0).max())


def _difference(got: torch.Tensor, expected: torch.Tensor, wrong: torch.Tensor) -> str:
    index = _first(wrong)
    at = f" at index {index}" if index else ""
    values = f"{got[index].item()}, expected {expected[index].item()}"
    lines = [f"{_count(wrong)} differ; first{at}: {values}"]
    if got.is_floating_point() or got.is_complex():
        error = (got - expected).abs().nan_to_num(float("inf"))
        relative = error / expected.abs().clamp_min(torch.finfo(error.dtype).tiny)
        lines.append(f"largest absolute error {error.max().item():.3g}")
        lines.append(f"largest relative error {relative.max().item():.3g}")
    return "; ".join(lines)


def _count(mask: torch.Tensor) -> str:
    bad, all_of_them = int(mask.sum()), mask.numel()
    return f"{bad} of {all_of_them} values ({100 * bad / all_of_them:.1f} %)"


def _first(mask: torch.Tensor) -> tuple[int, ...]:
    return tuple(int(i) for i in torch.nonzero(mask)[0]) if mask.ndim else ()
