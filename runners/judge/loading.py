"""Loads the submission in the guest, module by module, and says what is wrong with it.

Every module is loaded in a fork of the process that has loaded the ones before it, so that one
that hangs or crashes is dropped and the others keep their points. Everything said here is about
the submission alone: no check has run yet, so nothing of the suite can be in it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from runners.judge.errors import GuestEnded, MissingName
from runners.judge.guests import Guests
from runners.judge.line import Line
from runners.judge.messages import place
from runners.judge.proxies import Proxy, named, resolve, target_of
from runners.judge.raised import local_exception, where
from runners.wire.errors import ProtocolError

_GRACE_SECONDS = 3.0
_MAX_NOTICES = 50
_REMEDY = 'Put work that takes long, or that waits for input, under `if __name__ == "__main__":`.'


@dataclass
class Loading:
    """What came of loading a submission."""

    notices: list[str] = field(default_factory=list)
    broken: int = 0
    """How many modules raised, hung or crashed."""
    defined: int = 0
    """How many of the wanted names are there."""


class Loader:
    """Loads modules; see the module's docstring."""

    def __init__(self, line: Line, guests: Guests, seconds: float, all_seconds: float) -> None:
        self._line = line
        self._guests = guests
        self._seconds = seconds
        self._latest = time.monotonic() + all_seconds
        self._reached = 0
        self.result = Loading()
        guests.on_loading = self._on_cell

    def load(self, modules: list[dict[str, Any]], provides: dict[str, str]) -> Loading:
        """Load every module (`names`, `origin`, `labels` of its cells), then compare names."""
        self._guests.base = self._guests.open(0, "load")
        for module in modules:
            self._load_module(module)
        self._guests.running = True
        self._allow_time()
        if modules:  # else there is no code, and its author knows
            self._compare(provides, modules)
        self._guests.loaded()
        return self.result

    def _on_cell(self, _origin: str, index: int) -> None:
        self._reached = index
        self._allow_time()

    def _allow_time(self) -> None:
        """For the next cell; all of them together have no more than a whole run."""
        allowed = time.monotonic() + self._seconds + _GRACE_SECONDS
        self._line.deadline = min(allowed, self._latest)

    def _load_module(self, module: dict[str, Any]) -> None:
        self._reached = 0
        death = self._attempt(module, -1)
        if death is None:
            return
        label = module["labels"][min(self._reached, len(module["labels"]) - 1)]
        why = f"still running after {self._seconds:g} seconds while it was loaded"
        if death.outcome != "timeout":
            why = f"{death} while it was loaded"
        self._say(f"{label}: {why}. {_REMEDY} What comes after that point is not defined.")
        self.result.broken += 1
        if self._reached:
            self._attempt(module, self._reached)

    def _attempt(self, module: dict[str, Any], stop: int) -> GuestEnded | None:
        number = self._guests.open(self._guests.base, f"load:{module['origin']}:{stop}")
        self._allow_time()
        try:
            reports = self._guests.ask_process(number, "load", (module["names"][0], stop))
        except GuestEnded as death:
            self._guests.close_process(number)
            return death
        except Exception as error:  # noqa: BLE001 - the submission's, from the import machinery
            self._say(f"{module['origin']}: {error}")
            self._guests.close_process(number)
            return None
        self._guests.base = number
        self._guests.loads.append((module["names"][0], stop))
        if stop < 0:
            self._report(reports)
        return None

    def _report(self, reports: Any) -> None:
        plain = [entry for entry in reports if type(entry) is dict] if type(reports) is list else []
        for report in plain:
            self._say(describe_report(report, self._seconds))
        self.result.broken += any(report.get("what") != "dropped" for report in plain)

    def _compare(self, provides: dict[str, str], modules: list[dict[str, Any]]) -> None:
        origins = {name: module["origin"] for module in modules for name in module["names"]}
        pairs = [tuple(path.split(".", 1)) for path in provides]
        if not pairs:
            return
        described = self._guests.ask_process(self._guests.base, "describe", (pairs,))
        for (module, name), signature, found in zip(
            pairs, provides.values(), described, strict=True
        ):
            value = resolve(self._guests, module, name, found)
            origin = origins.get(module, f"{module}.py")
            if type(value) is Proxy and target_of(value).kind == "missing":
                self._say(f"{origin} does not define `{name}`; define it under exactly this name.")
                continue
            self.result.defined += 1
            self._compare_signature(origin, module, name, signature)

    def _compare_signature(self, origin: str, module: str, name: str, wanted: str) -> None:
        if not wanted:
            return
        proxy = named(self._guests, module, name, "function")
        try:
            listed = self._guests.ask_process(self._guests.base, "signature", (), proxy)
            got = [str(entry[0]) for entry in listed]
        except (Exception, MissingName):  # noqa: BLE001 - no signature to be had: the checks will tell
            return
        if got != _parameter_names(wanted):
            self._say(
                f"{origin}: `{name}` takes ({', '.join(got)}), but the handout asks for "
                f"`{name}{wanted}`; keep the parameters of the handout."
            )

    def _say(self, sentence: str) -> None:
        if len(self.result.notices) < _MAX_NOTICES and sentence not in self.result.notices:
            self.result.notices.append(sentence[:1_000])


def describe_report(report: dict[str, Any], seconds: float) -> str:
    """The sentence for what happened to one cell while it was loaded."""
    label = str(report.get("origin", ""))[:200]
    if type(report.get("cell")) is int:
        label += f", code cell {report['cell']}"
    what, details = report.get("what"), report.get("details")
    if type(details) is not dict:
        raise ProtocolError("malformed report of loading")
    if what == "dropped":
        line = str(details.get("line", ""))[:200]
        return f"{label}: the line `{line}` was left out; notebooks are graded as plain Python."
    if what == "timeout":
        return (
            f"{label}: still running after {seconds:g} seconds while it was loaded. {_REMEDY} "
            "What comes after that point is not defined."
        )
    error = local_exception(details)
    name = type(error).__name__
    said = f"{_located(label, details)}: {name}: {_first_line(error)}"
    if isinstance(error, SyntaxError):
        return f"{said}. None of it could be used: mend that line."
    if isinstance(error, ModuleNotFoundError):
        return f"{said}; only the course's packages are here."
    return f"{said}. What comes after that line is not defined."


def _located(label: str, details: dict[str, Any]) -> str:
    """The file (or cell) with the line, and the deeper place when the error arose elsewhere."""
    frames = where(details)
    own = [line for file, line, _ in frames if file == label]
    text = f"{label}, line {own[-1]}" if own else label
    return text if not frames or frames[-1][0] == label else f"{text}{place(details)}"


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else "no message"


def _parameter_names(signature: str) -> list[str]:
    """The names in a signature's text, such as `(x, w=None, *, key)`."""
    import ast  # noqa: PLC0415 - only where a handout promises signatures

    tree = ast.parse(f"def f{signature}: pass").body[0]
    assert isinstance(tree, ast.FunctionDef)
    a = tree.args
    named_last = [a.vararg] if a.vararg else []
    tail = [a.kwarg] if a.kwarg else []
    return [arg.arg for arg in [*a.posonlyargs, *a.args, *named_last, *a.kwonlyargs, *tail]]
