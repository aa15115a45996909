"""What judge and guest may import: the `sandbox` group, and the installed files that make it up."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from runners.sandboxes.base import PACKAGES, Role

PROJECT = Path(__file__).resolve().parents[2]
GROUP = "sandbox"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def sandbox_requirements() -> list[str]:
    """The group's requirements: from the source tree, or from the installed package."""
    pyproject = PROJECT / "pyproject.toml"
    if pyproject.is_file():
        project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
        return [str(line) for line in project["optional-dependencies"][GROUP]]
    lines = metadata.requires("sandglass") or []
    return [line.split(";")[0].strip() for line in lines if f'extra == "{GROUP}"' in line]


def constraints() -> list[str]:
    """The pinned versions of everything, where this is a source tree with its lock."""
    lock = PROJECT / "requirements.lock"
    lines = lock.read_text(encoding="utf-8").splitlines() if lock.is_file() else []
    return [line for line in lines if line and not line.startswith("#")]


def role_files(role: Role) -> dict[str, bytes]:
    """The project's own files that a role's sandbox holds, by path; nothing else of it goes in."""
    package = PROJECT / "runners"
    files = [package / "__init__.py"]
    for folder in PACKAGES[role]:
        files += sorted((package / folder).rglob("*.py"))
    return {path.relative_to(PROJECT).as_posix(): path.read_bytes() for path in files}


def code_digest(role: Role) -> str:
    """Changes whenever the code of a role does: an image carries it as a label."""
    digest = hashlib.sha256()
    for path, content in sorted(role_files(role).items()):
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def installed_files() -> dict[str, Path]:
    """What the group's distributions put into site-packages here: name there to path here.

    Only whole top-level entries, and the bytecode of top-level modules. Raises
    `metadata.PackageNotFoundError` when a requirement is not installed.
    """
    entries: dict[str, Path] = {}
    for distribution in _closure(sandbox_requirements()):
        for name in _top_level(distribution):
            path = Path(str(distribution.locate_file(name)))
            if path.exists():
                entries[name] = path
    return entries


def _closure(requirements: Iterable[str]) -> Iterator[metadata.Distribution]:
    """The distributions named, and all that they need, once each."""
    waiting = [_project_name(line) for line in requirements]
    required = set(waiting)
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            # Needed on another platform or Python only, unless it was asked for by name.
            if name in required:
                raise
            continue
        yield distribution
        lines = distribution.requires or []
        waiting += [_project_name(line) for line in lines if "extra ==" not in line]


def _project_name(requirement: str) -> str:
    match = _NAME.match(requirement)
    if match is None:
        raise ValueError(f"not a requirement: {requirement!r}")
    return match[0]


def _top_level(distribution: metadata.Distribution) -> set[str]:
    """The first parts of a distribution's recorded paths (scripts lie outside and are left out)."""
    names = set()
    for line in (distribution.read_text("RECORD") or "").splitlines():
        parts = line.removeprefix('"').split(",")[0].split("/")
        if parts[0] == "__pycache__":
            names.add("/".join(parts[:2]))
        elif parts[0] not in {"..", ""} and not parts[0].endswith(".pth"):
            names.add(parts[0])
    return names
