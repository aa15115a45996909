"""What goes into the images: the requirements' closure, a role's own code, and no CUDA."""

from __future__ import annotations

import time
from pathlib import Path

import docker
import pytest

from runners.images.build import collect_wheels, image_tag
from runners.images.packages import (
    code_digest,
    installed_files,
    role_files,
    sandbox_requirements,
)
from runners.sandboxes.base import ProcessSpec, Role, SandboxError
from runners.sandboxes.docker import DockerSandbox, Image
from tests.runners.sandboxes.conftest import SMALL, run_to_end
from tests.runners.sandboxes.programs import python


def test_requirements_are_those_of_the_group() -> None:
    names = [line.partition("=")[0].partition(">")[0] for line in sandbox_requirements()]

    assert names == ["torch", "numpy", "pytest"]


def test_packages_are_the_closure_and_nothing_else() -> None:
    names = set(installed_files())

    assert {"torch", "numpy", "pytest", "sympy", "typing_extensions.py"} <= names
    assert not {"django", "docker", "hypothesis", "rich", "pip", "sandglass.pth"} & names
    assert all(path.exists() for path in installed_files().values())


def test_a_role_holds_its_own_code() -> None:
    judge, guest = role_files(Role.JUDGE), role_files(Role.GUEST)

    assert {path.split("/")[1] for path in judge} == {"__init__.py", "wire", "judge"}
    assert {path.split("/")[1] for path in guest} == {"__init__.py", "wire", "guest"}
    assert code_digest(Role.JUDGE) != code_digest(Role.GUEST)


@pytest.mark.parametrize("stray", ["nvidia_cublas-13.whl", "triton-3.7.whl"])
def test_cuda_is_refused_and_does_not_stay(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stray: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(
        "runners.images.build._download", lambda _lines, _pinned, folder: (folder / stray).touch()
    )

    for _ in range(2):  # a failed try must not look like a finished one
        with pytest.raises(SandboxError, match="PIP_FIND_LINKS"):
            collect_wheels(lambda _line: None)
    assert list(tmp_path.rglob("*.whl")) == []


def test_an_image_for_gpus_is_not_made_of_cpu_wheels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def download(_lines: object, _pinned: object, folder: Path) -> None:
        for name in wheels:
            (folder / name).touch()

    monkeypatch.setattr("runners.images.build._download", download)

    wheels = ["torch-2.13.0.whl"]
    with pytest.raises(SandboxError, match="without CUDA"):
        collect_wheels(lambda _line: None, gpu=True)
    for_cpus = collect_wheels(lambda _line: None)
    wheels = ["torch-2.13.0.whl", "nvidia_cublas-13.whl"]
    assert collect_wheels(lambda _line: None, gpu=True) != for_cpus


def test_only_what_serves_the_submission_has_a_gpu_image() -> None:
    assert {role.value: image_tag(role, gpu=True) for role in Role} == {
        "judge": "sandglass-judge:cpu",
        "guest": "sandglass-guest:gpu",
        "shared": "sandglass-shared:gpu",
    }


def test_wheels_are_collected_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    downloads: list[Path] = []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(
        "runners.images.build._download", lambda _lines, _pinned, folder: downloads.append(folder)
    )

    first, second = (collect_wheels(lambda _line: None) for _ in range(2))

    assert first == second
    assert downloads == [first]


@pytest.mark.docker
def test_an_image_that_was_rebuilt_is_taken_anew(job: str) -> None:
    """A long-lived worker remembers an image's id; a rebuild may have removed that image."""
    sandbox = DockerSandbox(command=python("print('up')"))
    gone = Image("sha256:" + "0" * 64, "", "")
    sandbox._images[image_tag(Role.GUEST)] = (time.monotonic(), gone)

    process = sandbox.start(ProcessSpec(Role.GUEST, SMALL, job, time.time() + 60))

    assert run_to_end(process)[0] == b"up\n"


@pytest.mark.docker
def test_guest_and_judge_share_all_but_their_code() -> None:
    client = docker.from_env()
    try:
        layers = {
            role: client.api.inspect_image(image_tag(role))["RootFS"]["Layers"] for role in Role
        }
    finally:
        client.close()

    judge, guest = layers[Role.JUDGE], layers[Role.GUEST]
    shared = [one for one, other in zip(judge, guest, strict=True) if one == other]
    assert len(shared) == len(judge) - 2
