"""Builds the images that Docker sandboxes run: one shared runtime, then a thin one for each role.

Reads the `sandbox` requirements and the sources of wire, judge and guest; writes wheels into the
user's cache and three images into the Docker engine. A part that is already there is not rebuilt.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import docker
import docker.errors
from docker.utils import kwargs_from_env

from runners.images.packages import code_digest, constraints, role_files, sandbox_requirements
from runners.sandboxes.base import Role, SandboxError

CODE_LABEL = "sandglass.code"
RUNTIME_LABEL = "sandglass.runtime"
BASE_LABEL = "sandglass.base"
"""The id of the base image."""
PACKAGES_LABEL = "sandglass.packages"
"""SHA-256 over the names of all wheels that were installed, which carry their versions."""
BASES = ("python:3.11-slim-bookworm", "sandglass-base:bookworm")
"""Base images, best first; without `base`, the first that the engine has, else it pulls."""

_HERE = Path(__file__).parent
_PYTHON = "3.11"
_BUILD_SECONDS = 1800

OnLine = Callable[[str], None]


def image_tag(role: Role, *, gpu: bool = False) -> str:
    """The tag of a role's image. The judge never has a GPU."""
    return f"sandglass-{role.value}:{_flavour(gpu and role is not Role.JUDGE)}"


def _runtime_tag(gpu: bool) -> str:
    return f"sandglass-runtime:{_flavour(gpu)}"


def _flavour(gpu: bool) -> str:
    return "gpu" if gpu else "cpu"


def build_images(
    base: str | None = None, on_line: OnLine = print, *, gpu: bool = False
) -> dict[str, str]:
    """Build what is missing or out of date; returns image ids by tag.

    With `gpu`, the images of guests that get a GPU, from torch's CUDA wheels; the driver comes
    from the host when a container starts.
    """
    with contextlib.closing(_client()) as client:
        return _build_all(client, base, gpu, on_line)


def _build_all(
    client: docker.APIClient, base: str | None, gpu: bool, on_line: OnLine
) -> dict[str, str]:
    chosen = base or _first_present(client, BASES)
    wheels = collect_wheels(on_line, gpu=gpu)
    runtime = _runtime_tag(gpu)
    _build_runtime(client, runtime, chosen, wheels, on_line)
    tags = {image_tag(role, gpu=gpu): role for role in Role}
    for tag, role in tags.items():
        if tag.endswith(_flavour(gpu)):
            _build_role(client, tag, role, runtime, on_line)
    built = [tag for tag in (runtime, *tags) if tag.endswith(_flavour(gpu))]
    return {tag: str(client.inspect_image(tag)["Id"]) for tag in built}


def _client() -> docker.APIClient:
    try:
        return docker.APIClient(version="auto", timeout=_BUILD_SECONDS, **kwargs_from_env())
    except docker.errors.DockerException as error:
        raise SandboxError(f"No Docker engine answers: start dockerd ({error}).") from error


def _first_present(client: docker.APIClient, candidates: tuple[str, ...]) -> str:
    for name in candidates:
        if _labels(client, name) is not None:
            return name
    return candidates[0]


def _labels(client: docker.APIClient, image: str) -> dict[str, str] | None:
    """An image's labels, or None where there is no such image."""
    try:
        found = client.inspect_image(image)
    except docker.errors.ImageNotFound:
        return None
    return dict(found["Config"].get("Labels") or {})


def collect_wheels(on_line: OnLine, *, gpu: bool = False) -> Path:
    """A folder with the wheels of the requirements and of all that they need.

    pip's own settings (index, find-links) say where they come from.
    """
    requirements, pinned = sandbox_requirements(), constraints()
    parts = [_PYTHON, *requirements, *pinned, *(["gpu"] if gpu else [])]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    folder = _cache_folder() / digest
    finished = folder / "finished"
    if finished.exists():
        on_line(f"wheels: {folder} (kept)")
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    on_line(f"wheels: downloading {', '.join(requirements)}")
    _download(requirements, pinned, folder)
    _check_flavour(folder, gpu)
    finished.touch()
    return folder


def _cache_folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "sandglass" / "wheels"


def _download(requirements: list[str], pinned: list[str], folder: Path) -> None:
    versions = folder / "constraints.txt"
    versions.write_text("\n".join(pinned), encoding="utf-8")
    options = ["--only-binary=:all:", "--python-version", _PYTHON, "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "download", "-q", *options, "-c", str(versions)]
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own requirements
        [*command, "-d", str(folder), *requirements], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SandboxError(f"pip could not download the wheels:\n{done.stderr[-2000:]}")


def _check_flavour(folder: Path, gpu: bool) -> None:
    """The CPU image must not carry gigabytes of GPU libraries by accident, the other one must."""
    wheels = sorted(folder.glob("*.whl"))
    cuda = [wheel for wheel in wheels if wheel.name.startswith(("nvidia_", "triton", "cuda_"))]
    if bool(cuda) == gpu:
        return
    # Or a later try would find the strays again beside the right wheels.
    for wheel in wheels:
        wheel.unlink()
    chosen = f"a CUDA build of torch ({cuda[0].name})" if cuda else "a build of torch without CUDA"
    raise SandboxError(
        f"pip chose {chosen}: point PIP_FIND_LINKS or PIP_INDEX_URL at "
        f"{'CUDA' if gpu else 'CPU'} wheels and build again."
    )


def _build_runtime(
    client: docker.APIClient, tag: str, base: str, wheels: Path, on_line: OnLine
) -> None:
    _pull_missing(client, base, on_line)
    # By its id: a tag may be moved while this builds.
    base = str(client.inspect_image(base)["Id"])
    labels = {
        RUNTIME_LABEL: _runtime_key(base, wheels),
        BASE_LABEL: base,
        PACKAGES_LABEL: _packages_digest(wheels),
    }
    if labels.items() <= (_labels(client, tag) or {}).items():
        on_line(f"{tag}: up to date")
        return
    requirements = "\n".join(sandbox_requirements()) + "\n"
    files: dict[str, bytes | Path] = {
        "Dockerfile": _HERE / "Dockerfile.cpu",
        "requirements.txt": requirements.encode(),
    }
    files |= {f"wheels/{wheel.name}": wheel for wheel in sorted(wheels.glob("*.whl"))}
    _build(client, tag, files, {"BASE": base}, labels, on_line)


def _pull_missing(client: docker.APIClient, base: str, on_line: OnLine) -> None:
    if _labels(client, base) is not None:
        return
    on_line(f"{base}: pulling")
    try:
        client.pull(base)
    except docker.errors.APIError as error:
        raise SandboxError(
            f"{base} cannot be pulled: {error}. Make one with runners/images/base.sh and pass it "
            "as the base."
        ) from error


def _packages_digest(wheels: Path) -> str:
    names = sorted(wheel.name for wheel in wheels.glob("*.whl"))
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def _runtime_key(base: str, wheels: Path) -> str:
    """Everything that the runtime image is made of."""
    parts = [base, (_HERE / "Dockerfile.cpu").read_text(encoding="utf-8")]
    parts += [f"{wheel.name} {wheel.stat().st_size}" for wheel in sorted(wheels.glob("*.whl"))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _build_role(
    client: docker.APIClient, tag: str, role: Role, runtime: str, on_line: OnLine
) -> None:
    below = _labels(client, runtime) or {}
    inherited = (RUNTIME_LABEL, BASE_LABEL, PACKAGES_LABEL)
    labels = {CODE_LABEL: code_digest(role), **{name: below[name] for name in inherited}}
    found = _labels(client, tag) or {}
    if {name: found.get(name) for name in labels} == labels:
        on_line(f"{tag}: up to date")
        return
    files: dict[str, bytes | Path] = {"Dockerfile": _HERE / "Dockerfile.role"}
    files |= role_files(role)
    _build(client, tag, files, {"RUNTIME": runtime}, labels, on_line)


def _build(
    client: docker.APIClient,
    tag: str,
    files: Mapping[str, bytes | Path],
    arguments: Mapping[str, str],
    labels: Mapping[str, str],
    on_line: OnLine,
) -> None:
    on_line(f"{tag}: building")
    replaced = _labels(client, tag) is not None and str(client.inspect_image(tag)["Id"])
    with tempfile.TemporaryFile() as context:
        _write_context(context, files)
        context.seek(0)
        output = client.build(
            fileobj=context,
            custom_context=True,
            tag=tag,
            buildargs=dict(arguments),
            labels=dict(labels),
            network_mode="none",
            rm=True,
            forcerm=True,
            decode=True,
        )
        for line in _lines(tag, output):
            on_line(line)
    if replaced and replaced != client.inspect_image(tag)["Id"]:
        # Unless a container still runs from it: then `docker image prune` has it later.
        with contextlib.suppress(docker.errors.APIError):
            client.remove_image(replaced)


def _write_context(target: IO[bytes], files: Mapping[str, bytes | Path]) -> None:
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.mode = 0o644
            source: IO[bytes]
            if isinstance(content, Path):
                entry.size = content.stat().st_size
                source = content.open("rb")
            else:
                entry.size = len(content)
                source = io.BytesIO(content)
            with source:
                archive.addfile(entry, source)


def _lines(tag: str, output: Iterable[Any]) -> Iterator[str]:
    for event in output:
        if "error" in event:
            raise SandboxError(
                f"{tag} could not be built: {event['error']}. If the base image cannot be pulled, "
                "make one with runners/images/base.sh and pass it as the base."
            )
        text = str(event.get("stream", "")).strip()
        if text:
            yield f"{tag}: {text}"
