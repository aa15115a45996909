"""What a process in a sandbox sees, and what it is refused."""

from __future__ import annotations

import platform
import subprocess

import pytest

from runners.contract import Limits
from runners.sandboxes.base import Role
from runners.sandboxes.start import HOME_FILES, SCRATCH_FILES
from tests.runners.sandboxes.conftest import SMALL, Inside, Start
from tests.runners.sandboxes.programs import ASK

# Numbers of system calls that a sandbox refuses, and arguments that would be valid outside it.
REFUSED_X86_64 = {
    "ptrace": (101, 0, 0, 0, 0),
    "personality": (135, 0x0040000),
    "chroot": (161,),
    "mount": (165,),
    "umount2": (166,),
    "keyctl": (250, 0, -3, 0),
    "add_key": (248,),
    "request_key": (249,),
    "inotify_init": (253,),
    "inotify_init1": (294, 0),
    "unshare": (272, 0x10000000),
    "setns": (308, 0, 0),
    "flock": (73, 0, 1),
    "vmsplice": (278,),
    "splice": (275,),
    "perf_event_open": (298,),
    "fanotify_init": (300,),
    "name_to_handle_at": (303,),
    "open_by_handle_at": (304,),
    "process_vm_readv": (310, 1),
    "process_vm_writev": (311, 1),
    "kcmp": (312, 1, 1, 0),
    "finit_module": (313,),
    "kexec_file_load": (320,),
    "bpf": (321, 0, 0, 0),
    "userfaultfd": (323, 0),
    "io_setup": (206, 1, 0),
    "io_uring_setup": (425, 1, 0),
    "io_uring_enter": (426,),
    "open_tree": (428,),
    "fsopen": (430,),
    "pidfd_getfd": (438,),
    "process_madvise": (440,),
    "mount_setattr": (442,),
    "memfd_secret": (447,),
    "cachestat": (451,),
    "sync": (162,),
    "shmget": (29, 0, 4096, 0o1600),
    "msgget": (68, 0, 0o1600),
    "mq_open": (240,),
    "modify_ldt": (154,),
    "syslog": (103, 10, 0, 0),
    "settimeofday": (164,),
    "clock_settime": (227,),
}
CLONE, CLONE3, FCNTL, SOCKET, SOCKETPAIR, PERSONALITY = 56, 435, 72, 41, 53, 135
NAMESPACES = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)

SPLIT = (Role.JUDGE, Role.GUEST)

x86_64_only = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the numbers are those of x86_64"
)


def test_no_rights(inside: Inside) -> None:
    status = inside.ask("status()")

    rights = {name: int(status[name], 16) for name in status if name.startswith("Cap")}
    assert rights == dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), 0)
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert inside.ask("os.getpid()") == 1


def test_the_user_is_nobody(inside: Inside) -> None:
    users = inside.ask("[*os.getresuid(), *os.getresgid()]")

    assert min(users) >= 65532
    assert set(inside.ask("os.getgroups()")) <= set(users)
    assert inside.ask("trial(os.setuid, 0)") == "EPERM"


def test_two_roles_are_two_users(start: Start) -> None:
    users = [Inside(start(ASK, role=role)).ask("os.getuid()") for role in SPLIT]

    assert users[0] != users[1]


def test_the_root_is_read_only(inside: Inside) -> None:
    folders = inside.ask(
        "[folder for folder, _, _ in os.walk('/') if not folder.startswith(('/proc', '/sys'))"
        " and os.access(folder, os.W_OK)]"
    )

    # Docker's queue file system holds nothing: its calls are refused.
    assert set(folders) - {"/dev/mqueue"} == {"/tmp", "/dev/shm", "/home/sandbox"}
    assert inside.ask("trial(open, '/x', 'w')") in {"EROFS", "EACCES"}


@pytest.mark.parametrize(
    ("folder", "files"),
    [("/tmp", SCRATCH_FILES), ("/dev/shm", SCRATCH_FILES), ("/home/sandbox", HOME_FILES)],
)
def test_scratch_is_limited_in_files_and_runs_nothing(
    inside: Inside, folder: str, files: int
) -> None:
    made, refusal = inside.ask(f"fill('{folder}')")

    assert refusal == "ENOSPC"
    assert files - 10 < made <= files
    flags = inside.ask(f"os.statvfs('{folder}').f_flag")
    no_suid, no_dev, no_exec = 2, 4, 8
    assert flags & (no_suid | no_dev | no_exec) == no_suid | no_dev | no_exec


@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm"])
def test_scratch_is_limited_in_bytes(inside: Inside, folder: str) -> None:
    # Two files: one alone may not be larger than the scratch space either.
    half = SMALL.scratch_bytes // 2
    assert inside.ask(f"write('{folder}/first', {half})") == "done"
    assert inside.ask(f"write('{folder}/second', {half + (2 << 20)})") == "ENOSPC"


def test_there_is_no_network_but_its_own(inside: Inside) -> None:
    assert inside.ask("[name for _, name in socket.if_nameindex()]") == ["lo"]
    connect = "trial(socket.create_connection, ('{}', {}), 2)"
    assert inside.ask(connect.format("1.1.1.1", 53)) == "ENETUNREACH"
    assert inside.ask(connect.format("169.254.169.254", 80)) == "ENETUNREACH"
    assert inside.ask(connect.format("172.17.0.1", 2375)) == "ENETUNREACH"
    assert inside.ask(connect.format("127.0.0.1", 9)) == "ECONNREFUSED"


def test_the_name_of_the_host_is_hidden(inside: Inside) -> None:
    assert inside.ask("socket.gethostname()") == "sandbox"
    assert inside.ask("socket.gethostbyname('sandbox')") == "127.0.0.1"


def test_the_environment_is_ours_alone(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    names = set(inside.ask("dict(os.environ)")) - {"PWD", "HOSTNAME"}

    assert {"HOME", "TMPDIR", "OMP_NUM_THREADS", "PYTHONDONTWRITEBYTECODE"} <= names
    assert not {name for name in names if "KEY" in name or "TOKEN" in name or "DOCKER" in name}
    assert inside.ask("[os.environ['HOME'], os.getcwd()]") == ["/home/sandbox"] * 2


def test_other_processes_are_out_of_sight(inside: Inside) -> None:
    assert inside.ask("[int(name) for name in os.listdir('/proc') if name.isdigit()]") == [1]


def test_only_three_descriptors_are_open(inside: Inside) -> None:
    # The fourth is the one that lists them.
    assert inside.ask("sorted(map(int, os.listdir('/proc/self/fd')))") == [0, 1, 2, 3]


@pytest.mark.parametrize("role", SPLIT)
def test_of_the_project_only_the_role_is_there(start: Start, role: Role) -> None:
    inside = Inside(start(ASK, role=role))
    other = next(one for one in SPLIT if one is not role)

    found = inside.ask(
        "sorted({name for folder, names, files in os.walk('/') for name in [*names, *files] if"
        " not folder.startswith(('/proc', '/sys')) and ('/runners' in folder"
        " or name in ('assignments', '.git', 'hidden', 'grader', 'pyproject.toml',"
        " 'assignment.toml', 'handout'))})"
    )
    assert {"__init__.py", "__main__.py", "wire", role.value} <= set(found)
    assert other.value not in found
    strangers = {"assignments", ".git", "hidden", "grader", "assignment.toml", "handout"}
    assert strangers & set(found) == set()
    # Neither the sandboxes nor the images, which only the outside needs.
    assert {"sandboxes", "images", "grading.py"} & set(found) == set()


def test_the_other_half_cannot_be_imported(inside: Inside) -> None:
    spec = "__import__('importlib.util').util.find_spec"

    assert inside.ask(f"{spec}('runners.guest') is not None")
    assert inside.ask(f"{spec}('runners.judge') is None")
    assert inside.ask(f"{spec}('docker') is None and {spec}('django') is None")


@x86_64_only
def test_refused_system_calls(inside: Inside) -> None:
    answers = {
        name: inside.ask(f"call{numbers}" if len(numbers) > 1 else f"call({numbers[0]})")
        for name, numbers in REFUSED_X86_64.items()
    }

    assert answers == dict.fromkeys(REFUSED_X86_64, "EPERM")


@x86_64_only
def test_unknown_system_calls_do_not_exist(inside: Inside) -> None:
    assert inside.ask(f"call({CLONE3}, 0, 0)") == "ENOSYS"
    assert inside.ask("call(5000)") == "ENOSYS"


@x86_64_only
@pytest.mark.parametrize("flag", NAMESPACES)
def test_no_new_namespaces(inside: Inside, flag: int) -> None:
    assert inside.ask(f"call({CLONE}, {flag | 17}, 0, 0, 0, 0)") == "EPERM"


@x86_64_only
def test_only_harmless_sockets(inside: Inside) -> None:
    families = {family: inside.ask(f"call({SOCKET}, {family}, 2, 0)") for family in range(1, 46)}

    allowed = {family for family, answer in families.items() if answer != "EPERM"}
    unix, inet, inet6, netlink = 1, 2, 10, 16
    assert allowed == {unix, inet, inet6, netlink}
    # Of netlink, only the part that lists the interfaces.
    protocols = {number: inside.ask(f"call({SOCKET}, 16, 3, {number})") for number in range(22)}
    assert {number for number, answer in protocols.items() if answer != "EPERM"} == {0}
    assert inside.ask(f"call({SOCKETPAIR}, 2, 1, 0, 0)") == "EPERM"


@x86_64_only
def test_no_locks_on_shared_files(inside: Inside) -> None:
    get_lock, set_lock, wait_lock, lease, ofd_lock = 5, 6, 7, 1024, 37
    for command in (get_lock, set_lock, wait_lock, lease, ofd_lock):
        assert inside.ask(f"call({FCNTL}, 0, {command}, 0)") == "EPERM"
    assert inside.ask(f"call({FCNTL}, 0, 3, 0)") == "done"


@x86_64_only
def test_address_randomisation_stays_on(inside: Inside) -> None:
    assert inside.ask(f"call({PERSONALITY}, 0)") == "done"
    assert inside.ask(f"call({PERSONALITY}, 0xffffffff)") == "done"


def test_torch_has_all_that_it_needs(start: Start) -> None:
    """Ranks over loopback, workers with shared memory, threads, files: nothing is refused."""
    code = """
import sys
open("/tmp/work.py", "w").write('''
import torch, torch.distributed as dist, torch.multiprocessing as mp
from torch.utils.data import DataLoader
def rank(number):
    dist.init_process_group("gloo", init_method="tcp://127.0.0.1:29500", rank=number, world_size=2)
    total = torch.ones(2) * (number + 1)
    dist.all_reduce(total)
    assert total.tolist() == [3, 3]
    dist.destroy_process_group()
if __name__ == "__main__":
    mp.spawn(rank, (), 2)
    batches = list(DataLoader(torch.arange(8.0), num_workers=1, batch_size=4))
    torch.save(batches, "/tmp/saved.pt")
    print(sum(batch.sum().item() for batch in torch.load("/tmp/saved.pt")))
''')
import os
os.execv(sys.executable, [sys.executable, "/tmp/work.py"])
"""
    process = start(code, limits=Limits(processes=256))
    said = b""
    while part := process.receive(4096):
        said += part

    assert said == b"28.0\n", process.kill().stderr


def test_a_local_service_of_the_host_is_out_of_reach(inside: Inside) -> None:
    """Abstract sockets belong to the network namespace, files to the mount namespace."""
    listening = subprocess.run(["ss", "-xlH"], capture_output=True, text=True, check=False).stdout
    abstract = [word for line in listening.splitlines() for word in line.split() if word[0] == "@"]

    for name in ["@/tmp/.X11-unix/X0", *abstract]:
        # repr: many names are numbers, and a digit after \0 would be read as more of the number.
        address = repr(b"\0" + name[1:].encode())
        connect = f"trial(socket.socket(socket.AF_UNIX).connect, {address})"
        assert inside.ask(connect) == "ECONNREFUSED"
    assert inside.ask("os.path.exists('/var/run/docker.sock')") is False
