"""What may go wrong while the service works, each kind as a call."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Mapping

from grader.models import GradingJob
from runners.sandboxes.base import Role
from tests.chaos.processes import kill
from tests.chaos.service import Service, Worker

WORKERS = 2


class Crew:
    """The workers of a drill: as many as there are cores, and a new one for each that is gone."""

    def __init__(self, service: Service, rng: random.Random) -> None:
        self.service = service
        self.rng = rng
        self._workers = [service.start_worker("bubblewrap") for _ in range(WORKERS)]

    def wait(self) -> None:
        """Return once all listen."""
        for worker in self._workers:
            worker.wait()

    def jobs_of(self, worker: Worker) -> list[int]:
        """What it is at work on."""
        owners = [f"{socket.gethostname()}:{pid}" for pid in worker.hands]
        running = GradingJob.objects.filter(state="running", lease_owner__in=owners)
        return list(running.values_list("pk", flat=True))

    def someone(self) -> Worker:
        """One of them, by chance; of those that are at work, where any is."""
        at_work = [worker for worker in self._workers if self.jobs_of(worker)]
        return self.rng.choice(at_work or self._workers)

    def kill_worker(self) -> list[int]:
        """SIGKILL; as Docker does, another one is started at once. What it was at work on."""
        worker = self.someone()
        jobs = self.jobs_of(worker)
        worker.kill()
        self._workers.remove(worker)
        self._workers.append(self.service.start_worker("bubblewrap"))
        return jobs

    def kill_sandbox(self, role: Role) -> list[int]:
        """SIGKILL to the sandboxes of a role that one worker has, those that wait as well."""
        worker = self.someone()
        jobs = self.jobs_of(worker)
        for pid in worker.sandboxes(role):
            kill(pid)
        return jobs

    def owners(self) -> set[str]:
        """Who may hold a lease at this moment."""
        return {f"{socket.gethostname()}:{pid}" for one in self._workers for pid in one.hands}


Fault = Callable[[Crew], list[int]]
"""Does it; gives the jobs that it may have hit, or none where it hits everybody."""


def _flush(crew: Crew) -> list[int]:
    crew.service.broker.flushall()
    return []


def _restart_redis(crew: Crew) -> list[int]:
    crew.service.broker.stop()
    crew.service.broker.start()
    return []


def _restart_postgres(crew: Crew) -> list[int]:
    crew.service.restart_database()
    return []


FAULTS: Mapping[str, Fault] = {
    "worker killed": Crew.kill_worker,
    "judge killed": lambda crew: crew.kill_sandbox(Role.JUDGE),
    "guest killed": lambda crew: crew.kill_sandbox(Role.GUEST),
    "Redis flushed": _flush,
    "Redis restarted": _restart_redis,
    "PostgreSQL restarted": _restart_postgres,
}
