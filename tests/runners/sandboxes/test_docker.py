"""What only Docker sandboxes have: labels, a reaper, images that must fit the code."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import docker.errors
import pytest

from runners.images.build import CODE_LABEL, image_tag
from runners.images.packages import code_digest
from runners.sandboxes import docker as sandbox_module
from runners.sandboxes.base import ProcessSpec, Role, SandboxError
from runners.sandboxes.cgroups import usage_of
from runners.sandboxes.docker import DockerSandbox
from runners.sandboxes.docker_process import DockerProcess
from tests.runners.sandboxes.conftest import SMALL
from tests.runners.sandboxes.programs import SLEEP, python

pytestmark = pytest.mark.docker


@pytest.fixture
def client() -> Iterator[docker.DockerClient]:
    engine = docker.from_env()
    yield engine
    engine.close()


def start(job: str, deadline: float) -> DockerProcess:
    return DockerSandbox(command=python(SLEEP)).start(ProcessSpec(Role.GUEST, SMALL, job, deadline))


def test_container_is_held_by_every_flag(client: docker.DockerClient, job: str) -> None:
    process = start(job, time.time() + 60)
    try:
        facts = client.api.inspect_container(process.container)
    finally:
        process.kill()

    host, config = facts["HostConfig"], facts["Config"]
    flags = {
        "NetworkMode": "none",
        "IpcMode": "none",
        "ReadonlyRootfs": True,
        "Privileged": False,
        "CapDrop": ["ALL"],
        "CapAdd": None,
        "Binds": None,
        "Init": False,
        "PidsLimit": SMALL.processes,
        "Memory": SMALL.memory_bytes,
        "MemorySwap": SMALL.memory_bytes,
        "NanoCpus": 1_000_000_000,
        "OomScoreAdj": 800,
        "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
    }
    assert {name: host[name] for name in flags} == flags
    assert host["LogConfig"]["Type"] == "none"
    assert host["SecurityOpt"][0] == "no-new-privileges:true"
    assert facts["Mounts"] == []
    assert (config["User"], config["Tty"], config["StdinOnce"]) == ("65532:65532", False, True)
    assert facts["Name"].startswith(f"/sandglass-{job}-guest-")


def test_reaper_removes_what_is_overdue_and_nothing_else(
    client: docker.DockerClient, job: str
) -> None:
    now = time.time()
    overdue, young = start(job, now - 1), start(job, now + 600)
    try:
        reaped = DockerSandbox().reap(now)

        assert overdue.container in reaped
        assert young.container not in reaped
        with pytest.raises(docker.errors.NotFound):
            client.api.inspect_container(overdue.container)
        assert client.api.inspect_container(young.container)["State"]["Running"]
    finally:
        young.kill()
        overdue.kill()


def test_reaper_removes_what_no_living_owner_removed(client: docker.DockerClient, job: str) -> None:
    """A worker that dies cannot remove its containers, which end with its connection."""
    left = start(job, time.time() + 600)
    try:
        client.api.kill(left.container)
        client.api.wait(left.container)

        assert left.container not in DockerSandbox().reap(time.time())
        assert left.container in DockerSandbox().reap(time.time() + 61)
    finally:
        left.kill()


def test_killing_what_the_reaper_took_is_no_error(job: str) -> None:
    process = start(job, time.time() - 1)
    DockerSandbox().reap(time.time())

    assert process.kill().exit_code is None
    assert process.receive(1) == b""


def test_an_odd_job_name_is_still_a_name(client: docker.DockerClient) -> None:
    process = start("Ünïcode /job; $(rm)", time.time() + 60)
    try:
        facts = client.api.inspect_container(process.container)
    finally:
        process.kill()

    assert facts["Config"]["Labels"]["sandglass.job"] == "Ünïcode /job; $(rm)"


@pytest.mark.parametrize("role", list(Role))
def test_images_know_the_code_that_they_were_made_from(
    client: docker.DockerClient, role: Role
) -> None:
    labels = client.images.get(image_tag(role)).labels

    assert labels[CODE_LABEL] == code_digest(role)


def test_an_image_of_other_code_is_refused(monkeypatch: pytest.MonkeyPatch, job: str) -> None:
    monkeypatch.setattr(sandbox_module, "code_digest", lambda _role: "0" * 64)

    with pytest.raises(SandboxError, match="image build"):
        start(job, time.time())


def test_a_missing_image_names_the_remedy(monkeypatch: pytest.MonkeyPatch, job: str) -> None:
    monkeypatch.setattr(
        sandbox_module, "image_tag", lambda _role, **_flavour: "sandglass-nobody:none"
    )

    with pytest.raises(SandboxError, match="run `python -m runners image build`"):
        start(job, time.time())


def test_describe_names_what_a_receipt_needs() -> None:
    facts = DockerSandbox().describe()

    assert facts["sandbox"] == "docker"
    assert facts["guest_image"].startswith("sha256:")
    assert facts["guest_image"] != facts["judge_image"]
    assert re.fullmatch("sha256:[0-9a-f]{64}", facts["base_image"])
    assert re.fullmatch("[0-9a-f]{64}", facts["packages"])


def test_a_container_is_made_from_the_images_id(client: docker.DockerClient, job: str) -> None:
    """And says which one that was, for the receipt."""
    process = start(job, time.time() + 60)
    try:
        facts = client.api.inspect_container(process.container)
    finally:
        process.kill()

    assert facts["Config"]["Image"] == facts["Image"] == process.image
    assert process.image == client.images.get(image_tag(Role.GUEST)).id


def test_what_a_process_used_is_read_only_if_it_is_the_containers(job: str) -> None:
    """On an engine elsewhere, the number of its process is that of a stranger here."""
    process = start(job, time.time() + 60)
    try:
        pid = docker_state(process)["Pid"]
        assert usage_of(pid, process.container) is not None
        assert usage_of(os.getpid(), process.container) is None
        assert usage_of(pid, "f" * 64) is None
    finally:
        process.kill()


def test_cores_and_the_order_of_death_reach_the_kernel(job: str) -> None:
    spec = ProcessSpec(Role.GUEST, SMALL, job, time.time() + 60)
    process = DockerSandbox(cpuset="0", command=python(SLEEP)).start(spec)
    try:
        pid = docker_state(process)["Pid"]
        assert os.sched_getaffinity(pid) == {0}
        assert Path(f"/proc/{pid}/oom_score_adj").read_text() == "800\n"
    finally:
        process.kill()


def docker_state(process: DockerProcess) -> dict[str, int]:
    engine = docker.from_env()
    try:
        return dict(engine.api.inspect_container(process.container)["State"])
    finally:
        engine.close()
