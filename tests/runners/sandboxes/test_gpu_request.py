"""A guest with GPUs, as each sandbox would start it. No GPU is needed to look at the request."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from runners.contract import Gpu
from runners.images.build import CODE_LABEL
from runners.images.packages import code_digest
from runners.images.seccomp import docker_profile
from runners.sandboxes.base import ProcessSpec, Role, SandboxError
from runners.sandboxes.bubblewrap import BubblewrapSandbox
from runners.sandboxes.docker import DockerSandbox
from tests.runners.sandboxes.conftest import SMALL, Inside
from tests.runners.sandboxes.programs import ASK, python

LEASED = Gpu("GPU-11111111-0000-0000-0000-000000000000", "NVIDIA H200", "580.65", "/dev/tty")
SEEN = "[os.environ.get('CUDA_VISIBLE_DEVICES'), os.path.exists('/dev/tty')]"
LEFT = "d" * 64


class Engine(BaseHTTPRequestHandler):
    """Answers like a Docker engine up to the moment at which a container is started."""

    requests: list[tuple[str, str, Any]]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].rpartition("/v1.47")[2]
        self.requests.append(("GET", self.path, None))
        labels = {CODE_LABEL: code_digest(Role.GUEST)}
        answers: dict[str, Any] = {
            "/version": {"ApiVersion": "1.47", "MinAPIVersion": "1.24", "Version": "27.5"},
            "/containers/json": [{"Id": LEFT}],
        }
        image = {"Id": f"sha256:{path}", "Config": {"Labels": labels}}
        self._answer(200, answers.get(path, image))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.requests.append(("POST", self.path, json.loads(body or b"null")))
        if "/create" in self.path:
            self._answer(201, {"Id": "c" * 64, "Warnings": []})
        else:
            self._answer(500, {"message": "no further than this"})

    def do_DELETE(self) -> None:
        self.requests.append(("DELETE", self.path, None))
        self._answer(204, None)

    def log_message(self, *_arguments: Any) -> None:
        pass

    def address_string(self) -> str:
        return "here"

    def _answer(self, status: int, body: Any) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What an engine is asked, in order: method, address, body."""
    seen: list[Any] = []
    handler = type("Recording", (Engine,), {"requests": seen})
    path = tmp_path / "engine.sock"
    with socketserver.ThreadingUnixStreamServer(str(path), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        yield seen
        server.shutdown()
        thread.join()


def spec(role: Role = Role.GUEST, gpus: tuple[Gpu, ...] = (LEASED,)) -> ProcessSpec:
    return ProcessSpec(role, SMALL, "job", time.time() + 60, gpus)


def created(requests: list[Any], gpus: tuple[Gpu, ...]) -> dict[str, Any]:
    """The body of the request that would create the container."""
    with pytest.raises(SandboxError):
        DockerSandbox(command=["true"]).start(spec(gpus=gpus))
    bodies = [body for _, address, body in requests if "/containers/create" in address]
    requests.clear()
    assert len(bodies) == 1
    return dict(bodies[0])


def test_docker_is_asked_for_exactly_the_leased_gpu(requests: list[Any]) -> None:
    """Beside the device, its label, its image and what CUDA reads, nothing differs."""
    plain, leased = created(requests, ()), created(requests, (LEASED,))

    assert leased["HostConfig"].pop("DeviceRequests") == [
        {
            "Driver": "nvidia",
            "Count": 0,
            "DeviceIDs": [LEASED.uuid],
            "Capabilities": [["gpu"]],
            "Options": {},
        }
    ]
    assert set(leased["Env"]) - set(plain["Env"]) == {
        f"CUDA_VISIBLE_DEVICES={LEASED.uuid}",
        "NVIDIA_DRIVER_CAPABILITIES=compute,utility",
        "CUDA_CACHE_DISABLE=1",
    }
    assert leased["Labels"].pop(f"sandglass.gpu.{LEASED.uuid}") == "leased"
    assert leased.pop("Image") == "sha256:/images/sandglass-guest:gpu/json"
    assert plain.pop("Image") == "sha256:/images/sandglass-guest:cpu/json"
    assert "DeviceRequests" not in plain["HostConfig"]
    for body in (plain, leased):
        del body["Env"]
        del body["Labels"]["sandglass.deadline"]
    assert leased == plain


def test_the_whole_of_what_holds_a_guest_with_a_gpu(requests: list[Any]) -> None:
    """Field by field: what is not in this list is not asked for."""
    body = created(requests, (LEASED,))
    host = body.pop("HostConfig")
    flag, profile = host.pop("SecurityOpt")
    scratch = "rw,nosuid,nodev,noexec,size=8388608,nr_inodes=20000,mode=1777"
    home = "rw,nosuid,nodev,noexec,size=16777216,nr_inodes=2000,uid=65532,gid=65532,mode=0700"

    assert flag == "no-new-privileges:true"
    assert profile == f"seccomp={docker_profile()}"
    assert host.pop("Tmpfs") == {"/tmp": scratch, "/dev/shm": scratch, "/home/sandbox": home}
    assert {one["Name"]: (one["Soft"], one["Hard"]) for one in host.pop("Ulimits")} == {
        "core": (0, 0),
        "cpu": (360, 360),
        "fsize": (SMALL.scratch_bytes, SMALL.scratch_bytes),
        "nofile": (1024, 1024),
        "stack": (8 << 20, 64 << 20),
    }
    assert host == {
        "CapDrop": ["ALL"],
        "CgroupnsMode": "private",
        "DeviceRequests": [
            {
                "Driver": "nvidia",
                "Count": 0,
                "DeviceIDs": [LEASED.uuid],
                "Capabilities": [["gpu"]],
                "Options": {},
            }
        ],
        "ExtraHosts": ["sandbox:127.0.0.1"],
        "Init": False,
        "IpcMode": "none",
        "LogConfig": {"Type": "none", "Config": {}},
        "Memory": SMALL.memory_bytes,
        "MemorySwap": SMALL.memory_bytes,
        "NanoCpus": 1_000_000_000,
        "NetworkMode": "none",
        "OomScoreAdj": 800,
        "PidsLimit": SMALL.processes,
        "ReadonlyRootfs": True,
        "RestartPolicy": {"Name": "no"},
    }
    assert sorted(body["Labels"]) == [
        "sandglass.deadline",
        f"sandglass.gpu.{LEASED.uuid}",
        "sandglass.job",
        "sandglass.role",
    ]
    assert {name: body[name] for name in ("User", "OpenStdin", "StdinOnce", "Tty")} == {
        "User": "65532:65532",
        "OpenStdin": True,
        "StdinOnce": True,
        "Tty": False,
    }
    assert "Volumes" not in body


def test_docker_removes_who_died_with_the_gpu_before_it_gives_it_away(requests: list[Any]) -> None:
    with pytest.raises(SandboxError):
        DockerSandbox(command=["true"]).start(spec())

    asked = [
        (method, address.partition("?")[0].rpartition("/v1.47")[2])
        for method, address, _ in requests
    ]
    listed = next(address for _, address, _ in requests if "/containers/json" in address)
    assert f"sandglass.gpu.{LEASED.uuid}" in listed
    removed, made = ("DELETE", f"/containers/{LEFT}"), ("POST", "/containers/create")
    assert asked.index(removed) < asked.index(made)


@pytest.mark.bubblewrap
@pytest.mark.skipif(not Path("/dev/tty").exists(), reason="there is no /dev/tty to stand for a GPU")
def test_bubblewrap_shows_the_leased_device_to_its_guest_alone() -> None:
    def seen(gpus: tuple[Gpu, ...]) -> Any:
        process = BubblewrapSandbox(command=python(ASK)).start(spec(gpus=gpus))
        try:
            return Inside(process).ask(SEEN)
        finally:
            process.kill()

    assert seen((LEASED,)) == [LEASED.uuid, True]
    assert seen(()) == [None, False]
