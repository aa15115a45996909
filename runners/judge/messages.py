"""Sentences: what a student (or a TA) reads about a check that did not pass."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch

from runners.judge.errors import CheckTimeout, GuestEnded, GuestLost, HandleMisuse, MissingName
from runners.judge.raised import remote_details, where

_MEMORY = ("can't allocate memory", "not enough memory", "Cannot allocate memory")


def judge(error: BaseException) -> tuple[str, str]:  # noqa: PLR0911 - a table, read downwards
    """The outcome and the sentence for what ended a check."""
    details = remote_details(error)
    if details is not None:
        return _remote(error, details)
    if isinstance(error, GuestEnded):
        return error.outcome, str(error)
    if isinstance(error, CheckTimeout):
        return "timeout", str(error)
    if isinstance(error, (GuestLost, pytest.skip.Exception)):
        return "not_run", str(error) or "skipped"
    if isinstance(error, (MissingName, HandleMisuse)):
        return "failed", str(error)
    if isinstance(error, (AssertionError, pytest.fail.Exception)):
        return "failed", str(error) or _assertion(error)
    return "error", f"the check could not use what your code gave it: {_short(error)}"


def _remote(error: BaseException, details: dict[str, Any]) -> tuple[str, str]:
    text = f"your code raised {_short(error)}{place(details)}"
    memory = isinstance(error, MemoryError) or any(part in str(error) for part in _MEMORY)
    return ("memory" if memory else "failed"), text


def _short(error: BaseException) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def place(details: dict[str, Any]) -> str:
    """Where in the submission it happened, as the end of a sentence."""
    frames = where(details)
    if not frames:
        return ""
    file, line, function = frames[-1]
    inside = f", in {function}" if function and function != "<module>" else ""
    return f" ({file}, line {line}{inside})"


def _assertion(error: BaseException) -> str:
    """The text of a bare `assert`: rewriting is off, so that no huge value is ever printed."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return "an assertion failed"
    import linecache  # noqa: PLC0415 - only for a failing bare assert

    line = linecache.getline(frame.tb_frame.f_code.co_filename, frame.tb_lineno).strip()
    return f"failed: {line}" if line else "an assertion failed"


def seed_everything(seed: int) -> None:
    """Seed the judge's own generators for a check; the submission's have another seed."""
    _random_seed(seed)
    _numpy_seed(seed % 2**32)
    _torch_seed(seed)


# Bound at import, before `forward_seeds` wraps them: the judge's secret seed is not forwarded.
_random_seed = random.seed
_numpy_seed = np.random.seed
_torch_seed = torch.manual_seed
