"""Makes these checks run with bare pytest on your own machine: `python -m pytest checks`.

It looks for your .py files, or for your notebook, in the folder above this one. If both are
there, the one that you saved last is checked; `--notebook` and `--files` choose by hand.
The same checks run when you submit, with other seeds, beside some that you do not have.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import importlib
import json
import random
import re
import secrets
import sys
import time
import types
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.flop_counter import flop_registry

MODULES: tuple[str, ...] = ()
ROOT = Path(__file__).resolve().parent.parent

MARKS = (
    "points(value): what the check is worth",
    "visibility(tier): who sees the check's details",
    "hint(text): advice for when the check fails",
    "timeout(seconds): how long the check may take",
    "gpu: may run on a GPU when you submit; on your own machine it runs on the CPU",
    "ranks(n): the check runs on n processes",
)
SCORES = pytest.StashKey[dict[str, tuple[float, float]]]()
SEED = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the three options of these checks."""
    group = parser.getgroup("homework")
    group.addoption("--notebook", action="store_true", help="check the notebook")
    group.addoption("--files", action="store_true", help="check the .py files")
    group.addoption("--seed", type=int, default=None, help="repeat a run with its seed")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks and make your code importable.

    Every option has a default here: without an argument, pytest meets this file too late to
    offer them.
    """
    for mark in MARKS:
        config.addinivalue_line("markers", mark)
    seed = config.getoption("--seed", default=None)
    config.stash[SEED] = secrets.randbits(32) if seed is None else seed
    config.stash[SCORES] = {}
    sys.path.insert(0, str(ROOT))
    notebook = chosen_notebook(config)
    if notebook is not None:
        load_notebook(notebook)


def chosen_notebook(config: pytest.Config) -> Path | None:
    """The notebook to check, or None for the .py files."""
    notebooks = sorted(ROOT.glob("*.ipynb"), key=lambda path: path.stat().st_mtime)
    files = [path for module in MODULES if (path := ROOT / f"{module}.py").exists()]
    if not MODULES or not notebooks or config.getoption("--files", default=False):
        return None
    if config.getoption("--notebook", default=False) or len(files) < len(MODULES):
        return notebooks[-1]
    newest = max(path.stat().st_mtime for path in files)
    return notebooks[-1] if notebooks[-1].stat().st_mtime > newest else None


def load_notebook(path: Path) -> None:
    """Run the notebook's code cells in one module that answers to all the names."""
    module = types.ModuleType(MODULES[0])
    module.__file__ = str(path)
    sys.modules.update(dict.fromkeys(MODULES, module))
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(code, start=1):
        if "skip-grading" in cell.get("metadata", {}).get("tags", []):
            continue
        try:
            run_cell("".join(cell["source"]), f"{path.name}, code cell {number}", module)
        except Exception as error:  # noqa: BLE001 - a cell may raise anything; later ones still run
            sys.stderr.write(f"code cell {number} raised {type(error).__name__}: {error}\n")


def run_cell(source: str, name: str, module: types.ModuleType) -> None:
    """Run one cell, without its magics (`%matplotlib`) and shell lines (`!pip`)."""
    if source.lstrip().startswith("%%"):
        return
    lines = [re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in source.splitlines()]
    # Your own notebook, run on your own machine, as Jupyter would run it.
    exec(compile("\n".join(lines), name, "exec"), module.__dict__)  # noqa: S102 - see above


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """A number that differs from check to check and from run to run."""
    text = f"{request.config.stash[SEED]}:{request.node.nodeid}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


@pytest.fixture(autouse=True)
def _seeded(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the checked code may use the old interface
    torch.manual_seed(seed)


@pytest.fixture
def rng(seed: int) -> np.random.Generator:
    """A source of random numbers, made from the seed."""
    return np.random.default_rng(seed)


@pytest.fixture
def device() -> str:
    """Where your code gets its tensors: "cpu" here, and perhaps "cuda" when you submit."""
    return "cpu"


@pytest.fixture
def award(request: pytest.FixtureRequest) -> Callable[[float, str], None]:
    """Give part of the points, with a reason."""

    def give(points: float, reason: str = "") -> None:
        request.node.user_properties.append(("award", float(points)))
        if reason:
            request.node.user_properties.append(("reason", reason))

    return give


@pytest.fixture
def assert_tensor() -> Callable[..., None]:
    """Compare a tensor with what it should be: kind, shape, dtype, finiteness, then values."""
    return compare_tensors


@pytest.fixture
def ranks(request: pytest.FixtureRequest) -> Any:
    """Run a function on as many processes as the mark `ranks(n)` says; see `handout_ranks/`."""
    if not __package__ and str(Path(__file__).parent) not in sys.path:
        sys.path.insert(0, str(Path(__file__).parent))
    module = importlib.import_module(f"{__package__ or ''}.handout_ranks.running".lstrip("."))
    notebook = chosen_notebook(request.config)
    prepare = functools.partial(load_notebook, notebook) if notebook is not None else None
    size, limit = (request.node.get_closest_marker(name) for name in ("ranks", "timeout"))
    return module.Ranks(size.args[0], limit.args[0] if limit else 60, prepare)


@pytest.fixture
def measure() -> Measure:
    """Tell what a call costs, `measure(f, x)`, or count calls of a function, `measure.calls(f)`."""
    return Measure()


class Work(TorchDispatchMode):
    """Counts every operator that runs inside it."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operators: Counter[str] = Counter()
        self.flops, self.backward = 0, False

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # else the whole compiler is imported, which takes a second

    def __torch_dispatch__(
        self, func: Any, _types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        packet = func.overloadpacket
        self.operators[str(packet)] += 1
        known = packet
        if str(packet).endswith("flash_attention_for_cpu"):  # PyTorch's own table forgets it
            known = torch.ops.aten._scaled_dot_product_flash_attention  # noqa: SLF001
        if known in flop_registry:
            self.flops += flop_registry[known](*args, **kwargs, out_val=result)
        tensors = [one for one in tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)]
        recorded = torch.is_grad_enabled() and any(one.requires_grad for one in tensors)
        running = torch._C._current_graph_task_id() >= 0  # noqa: SLF001 - autograd's own number
        self.backward = self.backward or recorded or running
        return result


@dataclass
class Counted:
    """A function that counts its calls and keeps what it was given."""

    function: Callable[..., Any]
    count: int = 0
    arguments: list[tuple[Any, ...]] = field(default_factory=list)
    named: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Count, and call the function."""
        self.count += 1
        with torch._C._DisableTorchDispatch():  # noqa: SLF001 - none of this is your code's work
            given = tree_map(
                lambda one: one.detach().clone() if isinstance(one, torch.Tensor) else one,
                (arguments, named),
            )
            self.arguments.append(given[0])
            self.named.append(given[1])
            return self.function(*arguments, **named)


class Measure:
    """Measures calls of your code, here in this process."""

    calls = Counted

    def __call__(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call `function`; gives `result`, `flops`, `operators`, `backward`, `peak_bytes` ..."""
        before = memory_peak(reset=True)
        begun = time.monotonic()
        with Work() as work:
            result = function(*arguments, **named)
        return types.SimpleNamespace(
            result=result,
            flops=work.flops,
            operators=dict(work.operators),
            backward=work.backward,
            peak_bytes=max(memory_peak(reset=False) - before, 0),
            seconds=time.monotonic() - begun,
        )


def memory_peak(*, reset: bool) -> int:
    """The most bytes that this process has held; 0 on systems that do not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    if reset:
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)  # else memory that was freed would be used again
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    lines = status.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def compare_tensors(
    actual: Any, expected: Any, *, rtol: float | None = None, atol: float | None = None
) -> None:
    """Fail with a sentence that says how `actual` differs from `expected`."""
    expected = torch.as_tensor(expected)
    if not isinstance(actual, torch.Tensor):
        pytest.fail(f"expected a tensor, got {type(actual).__name__}", pytrace=False)
    for what in ("shape", "dtype"):
        got, wanted = getattr(actual, what), getattr(expected, what)
        if got != wanted:
            pytest.fail(f"{what} is {got}, expected {wanted}", pytrace=False)
    actual, expected = actual.detach(), expected.detach()
    if expected.isfinite().all() and not actual.isfinite().all():
        bad = int((~actual.isfinite()).sum())
        pytest.fail(f"{bad} of {actual.numel()} values are nan or infinite", pytrace=False)
    try:
        torch.testing.assert_close(actual, expected, rtol=rtol, atol=atol, equal_nan=True)
    except AssertionError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Note the points of each check, and show its hint when it fails."""
    report = yield
    mark = item.get_closest_marker("points")
    worth = float(mark.args[0]) if mark else 0.0
    awards = [float(str(value)) for key, value in item.user_properties if key == "award"]
    earned = min(sum(awards), worth) if awards else worth * report.passed
    # A parametrised group is one check: it is worth what its worst case earns.
    check = item.nodeid.partition("[")[0]
    scores = item.config.stash[SCORES]
    scores[check] = (worth, min(earned, scores.get(check, (worth, worth))[1]))
    hint = item.get_closest_marker("hint")
    if report.failed and hint is not None:
        report.sections.append(("hint", str(hint.args[0])))
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Add up the points, and say what was checked and how to repeat it."""
    scores = config.stash[SCORES].values()
    earned, worth = sum(score[1] for score in scores), sum(score[0] for score in scores)
    notebook = chosen_notebook(config)
    checked = notebook.name if notebook is not None else "the .py files"
    terminalreporter.write_line(
        f"public checks on {checked}: {earned:g} of {worth:g} points "
        f"(to repeat: --seed {config.stash[SEED]})"
    )
