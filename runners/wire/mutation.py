"""Applies to the caller's own objects what the callee changed in its copies of them."""

from __future__ import annotations

import sys
from typing import Any

from runners.wire.errors import ProtocolError


def apply_change(original: Any, changed: Any) -> None:
    """Make `original` equal to `changed`, in place, keeping inner objects where they still fit.

    Raises `ProtocolError` when the two are not of one kind.
    """
    if not _adopt(original, changed):
        raise ProtocolError("an argument came back as another kind of value")


def _adopt(original: Any, changed: Any) -> bool:
    """Whether `original` could take over the value of `changed`."""
    if isinstance(original, list) and type(changed) is list:
        original[:] = _merged(original, changed)
    elif isinstance(original, dict) and type(changed) is dict:
        merged = {key: _merge(original.get(key), value) for key, value in changed.items()}
        original.clear()
        original.update(merged)
    elif isinstance(original, set) and type(changed) is set:
        original.clear()
        original.update(changed)
    elif isinstance(original, tuple) and type(changed) is tuple:
        return len(original) == len(changed) and all(map(_adopt_or_same, original, changed))
    else:
        return _adopt_array(original, changed)
    return True


def _adopt_or_same(original: Any, changed: Any) -> bool:
    if isinstance(original, (list, dict, set, tuple)) or hasattr(original, "__array__"):
        return _adopt(original, changed)
    return True  # immutable: a tuple cannot have got another one


def _merged(original: list[Any], changed: list[Any]) -> list[Any]:
    if len(original) != len(changed):
        return changed
    return [_merge(old, new) for old, new in zip(original, changed, strict=True)]


def _merge(old: Any, new: Any) -> Any:
    mutable = isinstance(old, (list, dict, set)) or hasattr(old, "__array__")
    return old if mutable and _adopt(old, new) else new


def _adopt_array(original: Any, changed: Any) -> bool:
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    if torch is not None and isinstance(original, torch.Tensor):
        if not isinstance(changed, torch.Tensor):
            return False
        return _adopt_tensor(original, changed)
    if numpy is not None and isinstance(original, numpy.ndarray):
        if not isinstance(changed, numpy.ndarray) or original.shape != changed.shape:
            return False
        original[...] = changed
        return True
    return False


def _adopt_tensor(original: Any, changed: Any) -> bool:
    torch = sys.modules["torch"]
    with torch.no_grad():
        if original.shape == changed.shape and original.dtype == changed.dtype:
            original.copy_(changed)
        else:
            original.data = changed.detach()
        if original.is_leaf and changed.is_leaf:
            if original.requires_grad != changed.requires_grad:
                original.requires_grad_(changed.requires_grad)
            original.grad = changed.grad
    return True
