"""Which check files a changed submission can reach: the others would end as for the solution.

Read from the syntax of our own files. Wherever that cannot tell, the answer is: all of them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from assignments.answers import ANSWERS_FILE
from assignments.definitions import Function, parse
from assignments.errors import Fault
from assignments.spec import AssignmentSpec, module_name

# Whoever uses one of these may reach a module that stands nowhere in the file.
_BLIND_NAMES = {"import_module", "importlib", "__import__", "runpy", "exec", "eval"}
_BLIND_ATTRIBUTES = {"importlib.import_module", "sys.modules", "builtins.__import__"}


class Reach:
    """The imports of a homework's suite and solution, by which changes spread."""

    def __init__(
        self, spec: AssignmentSpec, suite: Mapping[str, bytes], solution: Mapping[str, bytes]
    ) -> None:
        self.checks = frozenset(path for p in spec.code_problems for path in p.checks)
        self._solution = solution
        modules = {name: module_name(name) for name in solution if name.endswith(".py")}
        self._suite = {name: data for name, data in suite.items() if name.endswith(".py")}
        # By path without its folder, for that is how a check imports what lies beside it.
        helpers = {name: _stem(name) for name in self._suite}
        self._in_solution = {name: _mentioned(solution[name], modules) for name in modules}
        self._in_suite = {
            name: (_mentioned(data, modules), _mentioned(data, helpers))
            for name, data in self._suite.items()
        }

    def checks_of(self, upload: Mapping[str, bytes]) -> frozenset[str]:
        """The check files whose result may differ between this upload and the solution."""
        names = (upload.keys() | self._solution.keys()) - {ANSWERS_FILE}  # no code reads it
        changed = {n for n in names if upload.get(n) != self._solution.get(n)}
        if any(self._spreads_unseen(name, upload) for name in changed):
            return self.checks
        affected = self._affected(changed)
        wanted = {check for check in self.checks if self._reads(check) & affected}
        # A check file that another one imports has to be there too.
        return frozenset(wanted | {f for c in wanted for f in self._files_of(c) & self.checks})

    def _spreads_unseen(self, name: str, upload: Mapping[str, bytes]) -> bool:
        """Whether a change is of a kind that imports do not show."""
        if name == ANSWERS_FILE:
            return False  # judged by no check
        before, after = self._solution.get(name), upload.get(name)
        if not name.endswith(".py") or before is None or after is None:
            return True
        old, new = parse(name, before), parse(name, after)
        if isinstance(old, Fault) or isinstance(new, Fault):
            return True
        known = {ast.unparse(node) for node in _acting(old.body)}
        return any(ast.unparse(node) not in known for node in _acting(new.body))

    def _affected(self, changed: set[str]) -> set[str]:
        """The changed files, and those of the solution that import them, however indirectly."""
        affected = set(changed)
        while more := {n for n, read in self._in_solution.items() if read & affected} - affected:
            affected |= more
        return affected

    def _files_of(self, check: str) -> set[str]:
        """A check file, the helpers that it imports, and each conftest above one of them."""
        files: set[str] = set()
        open_files = {check}
        while open_files:
            name = open_files.pop()
            files.add(name)
            folder = name.rpartition("/")[0]
            above = {f for f in self._suite if _is_conftest_above(f, folder)}
            open_files |= (self._in_suite[name][1] | above) - files
        return files

    def _reads(self, check: str) -> set[str]:
        return {module for name in self._files_of(check) for module in self._in_suite[name][0]}


def _stem(name: str) -> str:
    return module_name(name.rpartition("/")[2])


def _is_conftest_above(name: str, folder: str) -> bool:
    place, _, base = name.rpartition("/")
    return base == "conftest.py" and (not place or f"{folder}/".startswith(f"{place}/"))


def _mentioned(source: bytes, modules: Mapping[str, str]) -> set[str]:
    """The files, of those given with their modules' names, that a source names anywhere."""
    tree = parse("", source)
    if isinstance(tree, Fault) or _is_blind(tree):
        return set(modules)
    words = set(_words(tree))
    return {file for file, module in modules.items() if any(_names(w, module) for w in words)}


def _names(word: str, module: str) -> bool:
    # A text such as "question{}" is about to become any of them.
    stem = module.rstrip("0123456789")
    return f"{word}.".startswith(f"{module}.") or word in (stem, f"{stem}%d", f"{stem}{{}}")


def _is_blind(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(level=level) if level:
                return True
            case ast.Name(id=name) if name in _BLIND_NAMES:
                return True
            case ast.Attribute() if ast.unparse(node) in _BLIND_ATTRIBUTES:
                return True
    return False


def _words(tree: ast.Module) -> Iterator[str]:
    """Every dotted name that an import gives, and every text."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.Constant(value=str(text)) if text:
                yield text


def _acting(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module that do something when it is loaded, beyond giving names."""
    for node in body:
        match node:
            case ast.ClassDef(body=inner):
                yield from _acting(inner)
            case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Expr(value=ast.Constant()):
                continue
            case ast.Assign(targets=[ast.Name()], value=value) if not _calls(value):
                continue
            case ast.AnnAssign(target=ast.Name(), value=value) if not _calls(value):
                continue
            case _ if not isinstance(node, Function):
                yield node


def _calls(value: ast.expr | None) -> bool:
    return value is not None and any(isinstance(node, ast.Call) for node in ast.walk(value))
