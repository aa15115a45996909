"""The submission as importable modules: a `.py` file is one cell, a notebook has many.

A cell that raises is reported and the next one runs: names defined before stay defined, so that
one broken line does not cost the problems that do not depend on it.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import linecache
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

from runners.guest.alarm import CellTimeout, time_limit
from runners.guest.magics import drop_magics
from runners.guest.raised import describe


class StudentModule:
    """One module of the submission: the names that it answers to and its cells."""

    def __init__(self, plain: dict[str, Any]) -> None:
        self.names: list[str] = list(plain["names"])
        self.origin: str = plain["origin"]
        self.cells: list[tuple[int | None, str]] = list(plain["cells"])

    def label(self, number: int | None) -> str:
        """The file name that tracebacks show."""
        return self.origin if number is None else f"{self.origin}, code cell {number}"


class SubmissionFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the submission's modules from memory, before anything on the path."""

    def __init__(self, modules: Sequence[StudentModule], cell_seconds: float) -> None:
        self.modules = list(modules)
        self.cell_seconds = cell_seconds
        self.stop_before: dict[str, int] = {}
        """By origin: the index of the first cell that must not be run again (it crashed)."""
        self.reports: list[dict[str, Any]] = []
        self.origins = frozenset(
            module.label(number) for module in modules for number, _ in module.cells
        )
        self.on_cell: Any = None

    def find_spec(
        self, fullname: str, _path: object = None, _target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for a module of the submission."""
        if self.find(fullname) is None:
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def find(self, name: str) -> StudentModule | None:
        """The student's module that answers to `name`."""
        return next((module for module in self.modules if name in module.names), None)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """One module object for all the names that a notebook stands for."""
        student = self.find(spec.name)
        assert student is not None
        for name in student.names:
            if name in sys.modules:
                return sys.modules[name]
        return ModuleType(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Run the cells, once."""
        student = self.find(module.__name__)
        if student is None or "__sandglass_loaded__" in module.__dict__:
            return
        module.__dict__["__sandglass_loaded__"] = True
        module.__file__ = student.origin
        for name in student.names:
            sys.modules.setdefault(name, module)
        for index, (number, source) in enumerate(student.cells):
            if index >= self.stop_before.get(student.origin, len(student.cells)):
                break
            if self.on_cell is not None:
                self.on_cell(student.origin, index)
            self._run_cell(module, student, number, source)

    def _run_cell(
        self, module: ModuleType, student: StudentModule, number: int | None, source: str
    ) -> None:
        label = student.label(number)
        dropped: list[str] = []
        if number is not None:
            source, dropped = drop_magics(source)
        linecache.cache[label] = (len(source), None, source.splitlines(keepends=True), label)
        for line in dropped:
            self._report(student, number, "dropped", {"line": line[:200]})
        try:
            code = compile(source, label, "exec", dont_inherit=True)
            with time_limit(self.cell_seconds):
                exec(code, module.__dict__)  # noqa: S102 - running student code is what this side is for
        except CellTimeout:
            self._report(student, number, "timeout", {"seconds": self.cell_seconds})
        except BaseException as error:  # noqa: BLE001 - also SystemExit: it is the student's
            self._report(student, number, "raised", describe(error, self.origins))

    def _report(
        self, student: StudentModule, number: int | None, what: str, details: dict[str, Any]
    ) -> None:
        entry = {"origin": student.origin, "cell": number, "what": what, "details": details}
        self.reports.append(entry)

    def source(self, name: str) -> str:
        """The text of a module: all its cells."""
        student = self.find(name)
        if student is None:
            raise AttributeError(name)
        return "\n\n".join(source for _, source in student.cells)

    def names(self) -> Iterator[str]:
        """Every module name that the submission answers to."""
        for module in self.modules:
            yield from module.names
