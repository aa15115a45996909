"""House rules for every Python file."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath

import pytest

from tests.architecture.tree import ROOMS, modules, read
from tests.architecture.untrusted import dangers

MAX_LINES = 400
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
# Where a student's code runs because that is the purpose: in the guest, and in the conftest.py that
# a handout carries to the student's own machine. Neither unpickles anything.
MAY_EXEC = ("runners/guest/", "assignments/handout_conftest.py")


def test_the_tree_is_really_read() -> None:
    """The rules below would hold for an empty list too."""
    assert {name.split("/")[0] for name in modules(*ROOMS)} == set(ROOMS)


def test_nothing_rebuilds_or_runs_what_a_student_wrote() -> None:
    """On the trusted side no byte is unpickled or evaluated."""
    found = {
        (name, danger)
        for name in modules(*ROOMS)
        for danger in dangers(read(name))
        if not (danger == "exec" and name.startswith(MAY_EXEC))
    }
    assert found == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import pickle", {"pickle"}),
        ("import marshal as m", {"marshal"}),
        ("from dill import loads", {"dill"}),
        ("from simpleeval import SimpleEval", {"simpleeval"}),
        ("def f():\n    import shelve", {"shelve"}),
        ("import torch\ntorch.load(path)", {"torch.load"}),
        ("open_it = np.load", {"np.load"}),
        ("from torch import load as tensors", {"torch.load"}),
        ("numpy.load(path, allow_pickle=True)", {"numpy.load", "allow_pickle"}),
        ("yaml.load(text)", {"yaml.load"}),
        ("eval(text)", {"eval"}),
        ("run = exec", {"exec"}),
        ("import builtins\nbuiltins.exec(text)", {"builtins.exec"}),
        ("from builtins import eval", {"builtins.eval"}),
        ("json.load(file); model.eval(); torch.from_numpy(x)", set()),
        ("store(x, allow_pickle=False)", set()),
    ],
)
def test_the_search_finds_each_way(source: str, found: set[str]) -> None:
    """The rule above is worth what its search finds."""
    assert dangers(source) == found


def test_each_module_says_what_it_is() -> None:
    """A reader learns from the first line whether this is the file that they look for."""
    silent = [name for name in modules(*ROOMS) if not ast.get_docstring(ast.parse(read(name)))]
    assert silent == []


def test_modules_stay_readable() -> None:
    """A longer one holds two ideas; move one out."""
    lengths = {name: len(read(name).splitlines()) for name in modules()}
    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}


def test_names_say_something() -> None:
    """A drawer for everything fills up."""
    paths = [PurePosixPath(name) for name in modules()]
    assert [path for path in paths if {path.stem, *path.parts[:-1]} & EMPTY_NAMES] == []
