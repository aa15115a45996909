"""The comparison that suites should use: shape, element type, finiteness, then values."""

from __future__ import annotations

from typing import Any

import torch

_SHOWN = 5


def assert_tensor(
    actual: Any, expected: Any, *, rtol: float | None = None, atol: float | None = None
) -> None:
    """Compare a submission's tensor (or array, or number) with the expected one.

    `rtol` and `atol` default to `torch.testing.assert_close`'s for the element type. Raises
    `AssertionError` with a readable difference: largest absolute and relative error, the first bad
    index, the share of mismatches.
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
    if wrong.any():
        raise AssertionError(_difference(got, expected, wrong))


def _as_tensor(actual: Any) -> torch.Tensor:
    if type(actual) in (torch.Tensor, torch.nn.Parameter):
        return torch.as_tensor(actual.detach())
    if actual is None:
        raise AssertionError("your code returned None, not a tensor: a missing return?")
    if type(actual) in (bool, int, float, complex) or type(actual).__module__ == "numpy":
        return torch.as_tensor(actual)
    raise AssertionError(f"a {type(actual).__name__} where a tensor is expected")


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
