"""`import question1` in a suite: a module object whose names are the submission's."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import inspect
import random
import sys
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from runners.judge.errors import MissingName
from runners.judge.guests import Guests
from runners.judge.proxies import Proxy, named, resolve, target_of


class RemoteModule(ModuleType):
    """A module of the submission. Names are looked up in the guest, once checks run."""

    def __init__(self, name: str, guests: Guests, public: list[str]) -> None:
        super().__init__(name)
        self.__dict__.update(__file__=f"{name}.py", __all__=public, _sandglass_guests=guests)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        guests: Guests = self.__dict__["_sandglass_guests"]
        if not guests.running:
            return named(guests, self.__name__, name)
        found = guests.ask("describe", ([(self.__name__, name)],))[0]
        value = resolve(guests, self.__name__, name, found)
        if isinstance(value, Proxy) and target_of(value).kind == "missing":
            raise MissingName(f"the submission does not define `{self.__name__}.{name}`")
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__"):
            super().__setattr__(name, value)
        else:
            guests: Guests = self.__dict__["_sandglass_guests"]
            guests.ask("set", (name,), named(guests, self.__name__, ""), value)

    def __delattr__(self, name: str) -> None:
        guests: Guests = self.__dict__["_sandglass_guests"]
        guests.ask("delete", (name,), named(guests, self.__name__, ""))


class SubmissionFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Resolves the submission's module names, before anything on the path."""

    def __init__(self, guests: Guests, names: Iterable[str], provides: Iterable[str]) -> None:
        self._guests = guests
        self._public: dict[str, list[str]] = {name: [] for name in names}
        for path in provides:
            module, _, name = path.partition(".")
            self._public.setdefault(module, []).append(name)

    def find_spec(
        self, fullname: str, _path: object = None, _target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for a module of the submission."""
        if fullname not in self._public:
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """The stand-in."""
        return RemoteModule(spec.name, self._guests, self._public[spec.name])

    def exec_module(self, module: ModuleType) -> None:
        """Nothing runs here."""


def settle(guests: Guests, modules: Iterable[ModuleType]) -> None:
    """Replace, in the suite's modules, names imported during collection by what they stand for.

    A constant becomes a plain value, an exception class a class; functions and classes stay
    proxies. Asks the guest once.
    """
    found: list[tuple[dict[str, Any], str, Proxy]] = []
    for module in modules:
        for name, value in vars(module).items():
            if type(value) is Proxy and target_of(value).reference[0] == "path":
                found.append((vars(module), name, value))
    if not found:
        return
    pairs = [target_of(value).reference[1:] for _, _, value in found]
    described = guests.ask_process(guests.base, "describe", (pairs,))
    for (namespace, name, _), (module_name, path), description in zip(
        found, pairs, described, strict=True
    ):
        namespace[name] = resolve(guests, module_name, path, description)


def answer_for_source(guests: Guests) -> None:
    """Let `inspect.getsource` answer for the submission's objects, from the guest's text."""
    original = inspect.getsource

    def getsource(thing: Any) -> str:
        if type(thing) is Proxy:
            return str(guests.ask("source", (), thing))
        if isinstance(thing, RemoteModule):
            return str(guests.ask("module_source", (thing.__name__,)))
        return original(thing)

    inspect.getsource = getsource  # type: ignore[assignment]  # wider than the stub's


def forward_seeds(guests: Guests) -> None:
    """Let a suite's own `torch.manual_seed(0)` seed the submission's process too."""
    import numpy as np  # noqa: PLC0415 - the judge imports it ahead of time, tools that read us need not
    import torch  # noqa: PLC0415

    def forwarding(library: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def seed(value: Any = None, *more: Any, **named_more: Any) -> Any:
            if type(value) is int and guests.running:
                guests.pending_seeds.append((library, value))
            return original(value, *more, **named_more)

        return seed

    random.seed = forwarding("random", random.seed)
    np.random.seed = forwarding("numpy", np.random.seed)
    torch.manual_seed = forwarding("torch", torch.manual_seed)


def suite_modules(root: str) -> list[ModuleType]:
    """The modules that were imported from the suite's own files."""
    return [
        module
        for module in list(sys.modules.values())
        if isinstance(module, ModuleType) and str(vars(module).get("__file__", "")).startswith(root)
    ]
