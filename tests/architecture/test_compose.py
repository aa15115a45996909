"""House rules for docker-compose.yml: who reaches the engine, what is secret, what is open."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.architecture.tree import modules, read

TEXT = read("docker-compose.yml")
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = {"web", "worker", "worker-gpu", "beat", "passback", "migrate"}
WORKERS = {"worker", "worker-gpu"}
THEIRS = {"postgres", "redis"}
# What the file leaves to the machine: NAME:?sentence must be there, NAME:-default need not.
LEFT_OPEN = re.compile(r"\$\{([A-Z0-9_]+)(:[?-])?([^}]*)\}")
SECRET = re.compile(r"KEY|PASSWORD|SECRET|TOKEN|MAIL_URL")


def naming(word: str) -> set[str]:
    """The services whose description holds this word anywhere."""
    return {name for name, service in SERVICES.items() if word in repr(service)}


def test_the_services() -> None:
    """A service that is added here needs its line in each rule below."""
    assert set(SERVICES) == OURS | THEIRS


def test_only_workers_reach_the_docker_engine() -> None:
    """Whoever reaches it is root on the host; a page never needs it."""
    assert naming("docker.sock") == naming("DOCKER_HOST") == naming("SANDBOX") == WORKERS


def test_nobody_is_privileged_or_shares_the_hosts_namespaces() -> None:
    """A socket is the only thing of the host that comes in."""
    taken = {"privileged", "cap_add", "devices", "pid", "ipc", "network_mode", "userns_mode"}
    assert {name for name, service in SERVICES.items() if taken & set(service)} == set()
    mounts = {mount.partition(":")[0] for one in SERVICES.values() for mount in one["volumes"]}
    assert mounts - set(FILE["volumes"]) == {"/var/run/docker.sock"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_own_are_locked_in(name: str) -> None:
    """They write to their volume and to /tmp, and have no right that root has."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in service


def test_our_own_do_not_run_as_root() -> None:
    """The image names its user, and no service another."""
    lines = read("grader/images/service.Dockerfile").splitlines()
    assert [line for line in lines if line.startswith("USER")] == ["USER sandglass"]


def test_secrets_come_from_the_environment_and_have_no_default() -> None:
    """A default would be the same on every machine, and written here for everybody."""
    secret = [found for found in LEFT_OPEN.findall(TEXT) if SECRET.search(found[0])]
    needed = {name for name, mark, _ in secret if mark == ":?"}
    assert needed == {
        "SANDGLASS_SECRET_KEY",
        "SANDGLASS_RECEIPT_KEY",
        "SANDGLASS_DATABASE_PASSWORD",
    }
    assert {(mark, default) for name, mark, default in secret if name not in needed} == {(":-", "")}


def test_no_secret_is_written_out() -> None:
    """Each value under a secret's name is left to the environment, all of it."""
    values = [
        value
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if SECRET.search(name)
    ]
    assert values
    assert [value for value in values if not re.fullmatch(r"\$\{[^}]*\}", value)] == []


def test_each_service_says_whether_it_is_well() -> None:
    """All but the one that ends."""
    assert {name for name, one in SERVICES.items() if "healthcheck" not in one} == {"migrate"}
    for name in sorted(set(SERVICES) - {"migrate"}):
        assert set(SERVICES[name]["healthcheck"]) == {
            "test",
            "interval",
            "timeout",
            "retries",
            "start_period",
        }


def test_only_web_is_published_and_to_this_machine_alone() -> None:
    """The proxy that ends TLS is on the same machine."""
    assert {name: one["ports"] for name, one in SERVICES.items() if "ports" in one} == {
        "web": ["127.0.0.1:${SANDGLASS_PORT:-8000}:8000"]
    }


def test_database_and_broker_have_a_network_that_leads_nowhere() -> None:
    """No route goes out of it, and none comes in."""
    assert FILE["networks"]["inside"] == {"internal": True}
    assert [SERVICES[name]["networks"] for name in sorted(THEIRS)] == [["inside"], ["inside"]]


def test_every_lane_has_one_worker() -> None:
    """A queue that nobody listens to would wait for ever; two clocks would ring twice."""
    queues = {
        name: re.findall(r"--queues (\S+)", SERVICES[name]["command"])
        for name in (*WORKERS, "beat", "passback")
    }
    assert queues == {
        "worker": ["interactive,bulk"],
        "worker-gpu": ["gpu"],
        "beat": ["control"],
        "passback": ["lti"],
    }
    assert naming("--beat") == {"beat"}
    assert SERVICES["worker-gpu"]["profiles"] == ["gpu"]


def test_the_gpu_worker_sees_the_gpus_and_cannot_compute_on_them() -> None:
    """It asks nvidia-smi which there are; only a guest's container gets one to use."""
    devices = {
        name: one["deploy"]["resources"]["reservations"]["devices"]
        for name, one in SERVICES.items()
        if "deploy" in one
    }
    assert devices == {
        "worker-gpu": [{"driver": "nvidia", "count": "all", "capabilities": ["gpu", "utility"]}]
    }


def test_uploads_are_taken_while_the_broker_is_away() -> None:
    """Nothing waits for it to be well; the database and its tables must be there."""
    for name in sorted(OURS - {"migrate"}):
        assert SERVICES[name]["depends_on"] == {
            "postgres": {"condition": "service_healthy"},
            "migrate": {"condition": "service_completed_successfully"},
            "redis": {"condition": "service_started"},
        }


def seconds(text: str) -> int:
    """A duration as this file writes it."""
    return int(text.removesuffix("s"))


def test_a_stopped_worker_has_time_for_the_job_at_hand() -> None:
    """Docker's patience outlasts the worker's own; after SIGTERM that would have no end."""
    shutdown = re.findall(r"worker_soft_shutdown_timeout=([0-9.]+)", read("grader/celery.py"))
    for name in sorted(WORKERS):
        assert SERVICES[name]["stop_signal"] == "SIGQUIT"
        assert seconds(SERVICES[name]["stop_grace_period"]) > float(shutdown[0])


def test_the_broker_forgets_nothing_and_evicts_nothing() -> None:
    """Eviction takes the queue's own bookkeeping first."""
    command = SERVICES["redis"]["command"]
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_images_are_pinned_or_our_own() -> None:
    """`latest` of somebody else's is a different program each month."""
    defaults = {LEFT_OPEN.fullmatch(one["image"])[3] for one in SERVICES.values()}  # type: ignore[index]
    foreign = defaults - {"sandglass-service:latest"}
    assert {re.sub(r"\d+(\.\d+)+-", "N-", image) for image in foreign} == {
        "postgres:N-bookworm",
        "redis:N-bookworm",
    }
    assert {SERVICES[name]["pull_policy"] for name in OURS} == {"never"}


def test_what_is_handed_over_is_read() -> None:
    """A misspelt setting would be silently without effect."""
    handed = {name for one in SERVICES.values() for name in one.get("environment", {})}
    ours = {name for name in handed if name.startswith("SANDGLASS_")}
    settings = "\n".join(map(read, modules("grader")))
    assert {name for name in ours if f'"{name}"' not in settings} == set()


def test_what_is_asked_for_is_explained() -> None:
    """Each variable stands on the operators' page."""
    page = read("docs/operations.md")
    asked = {found[0] for found in LEFT_OPEN.findall(TEXT)}
    assert {name for name in asked if f"`{name}`" not in page} == set()


def test_the_image_holds_what_it_needs_and_nothing_else() -> None:
    """No test and no .env; the list names what goes in."""
    lines = [line for line in read(".dockerignore").splitlines() if not line.startswith("#")]
    assert lines == [
        "*",
        "!manage.py",
        "!assignments",
        "!grader",
        "!runners",
        "!web",
        "!build/wheels",
        "**/__pycache__",
    ]
