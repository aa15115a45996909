"""gVisor as Docker's runtime: asked for by name, never silently left out, told in the receipt."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from runners.contract import Limits
from runners.grading import Grader
from runners.sandboxes.base import ProcessSpec, Role, SandboxError
from runners.sandboxes.choose import open_sandbox
from runners.sandboxes.docker import DockerSandbox
from runners.sandboxes.docker_options import Engine, host_options
from tests.runners.conftest import make_request, outcomes
from tests.runners.sandboxes.conftest import Inside
from tests.runners.sandboxes.programs import ASK, python

SPEC = ProcessSpec(Role.GUEST, Limits(), "gvisor", time.time() + 300)


@pytest.fixture
def gvisor() -> Iterator[Inside]:
    """A guest's container under gVisor that answers questions."""
    process = DockerSandbox(runtime="runsc", command=python(ASK)).start(SPEC)
    yield Inside(process)
    process.kill()


def test_a_runtime_is_asked_for_with_room_for_itself() -> None:
    plain, other = host_options(SPEC, Engine()), host_options(SPEC, Engine(runtime="runsc"))

    assert "runtime" not in plain
    assert other.pop("runtime") == "runsc"
    assert other.pop("pids_limit") == plain.pop("pids_limit") + 256
    assert other.pop("mem_limit") == other.pop("memswap_limit") == (2 << 30) + (512 << 20)
    assert plain.pop("mem_limit") == plain.pop("memswap_limit") == 2 << 30
    for options in (plain, other):
        for name in ("ulimits", "log_config"):
            options[name] = repr(options[name])
    assert other == plain


@pytest.mark.docker
@pytest.mark.parametrize("name", ["auto", "docker"])
def test_a_runtime_that_is_missing_is_not_replaced(name: str) -> None:
    with pytest.raises(SandboxError, match="Docker has no runtime runsc-none, only runc"):
        open_sandbox(name, runtime="runsc-none")


@pytest.mark.runsc
def test_another_kernel_holds_it(gvisor: Inside) -> None:
    assert gvisor.ask("os.uname().release") != os.uname().release
    assert gvisor.ask("trial(os.mkdir, '/x')") == "EROFS"
    assert gvisor.ask("os.getresuid()") == [65532, 65532, 65532]
    assert gvisor.ask("int(status()['CapBnd'], 16)") == 0
    assert gvisor.ask("[name for _, name in socket.if_nameindex()]") == ["lo"]
    assert gvisor.ask("trial(socket.create_connection, ('192.0.2.1', 80), 1)") == "EHOSTUNREACH"
    assert gvisor.ask("os.path.exists('/var/run/docker.sock')") is False


@pytest.mark.runsc
def test_a_run_under_gvisor() -> None:
    check = "from question1 import f\n\ndef test_sum():\n    assert f(2, 3) == 5\n"
    request = make_request(check, "def f(a, b): return a + b", load_seconds=60, check_seconds=60)

    with Grader(open_sandbox("docker", runtime="runsc")) as grader:
        report = grader.grade(request)

    assert outcomes(report) == {"test_sum": "passed"}
    assert report.receipt["sandbox"]["runtime"] == "runsc"
    assert report.resources is not None
    assert report.resources.guest_peak_bytes
