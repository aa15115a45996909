"""The service in numbers, for Prometheus: counted from the tables when somebody asks.

So all processes agree, and a restart forgets nothing. The number of queries is constant. Each
metric is explained in docs/operations.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from grader import pools, workers
from grader.queries.operations import LaneState, ServiceState, service_state
from grader.queries.statistics import (
    job_counts,
    oldest_passback,
    passback_counts,
    phase_seconds,
    shadow_counts,
    upload_count,
)
from grader.workers import WorkerSeen

_NEVER = float("nan")


class ServiceCollector(Collector):
    """Everything that the database and the workers tell."""

    def collect(self) -> Iterator[Metric]:
        """Ask once, and give all metrics."""
        seen = workers.at_work()
        state = service_state(seen or ())
        yield from _lanes(state.lanes)
        yield from _sweep(state)
        yield from _jobs()
        yield from _passback()
        yield from _phases()
        yield from _workers(state, seen)
        yield from _pools()

    def describe(self) -> Iterator[Metric]:
        """Nothing: to be registered must not ask the database."""
        return iter(())


def _lanes(lanes: tuple[LaneState, ...]) -> Iterator[Metric]:
    waiting = _gauge("queue_length", "Submissions that may run now and do not.", "lane")
    oldest = _gauge("queue_oldest_seconds", "How long the first of them has waited.", "lane")
    running = _gauge("running", "Submissions that are being graded.", "lane")
    canary = _gauge("canary_age_seconds", "Since a canary last came back well.", "lane")
    took = _gauge("canary_seconds", "How long that canary took.", "lane")
    life = _gauge("life_age_seconds", "Since the last sign of life, canary or work.", "lane")
    for lane in lanes:
        name = [lane.lane.value]
        waiting.add_metric(name, lane.waiting)
        oldest.add_metric(name, lane.oldest.total_seconds() if lane.oldest else 0.0)
        running.add_metric(name, lane.running)
        canary.add_metric(name, _seconds(lane.canary))
        took.add_metric(name, _NEVER if lane.canary_seconds is None else lane.canary_seconds)
        life.add_metric(name, _seconds(lane.life))
    yield from (waiting, oldest, running, canary, took, life)


def _sweep(state: ServiceState) -> Iterator[Metric]:
    age = _gauge("sweep_age_seconds", "Since the sweep last ran.")
    age.add_metric([], _seconds(state.swept))
    took = _gauge("sweep_seconds", "How long it took.")
    took.add_metric([], _NEVER if state.sweep_seconds is None else state.sweep_seconds)
    yield from (age, took)


def _jobs() -> Iterator[Metric]:
    counts = job_counts()
    jobs = _gauge("jobs", "Gradings by lane and state.", "lane", "state")
    verdicts: dict[str, int] = {}
    by_state: dict[tuple[str, str], int] = {}
    for each in counts:
        key = each.lane, each.state
        by_state[key] = by_state.get(key, 0) + each.count
        if each.verdict and each.state not in {"queued", "running"}:
            verdicts[each.verdict] = verdicts.get(each.verdict, 0) + each.count
    for key, count in by_state.items():
        jobs.add_metric(key, count)
    shadows = _gauge("shadow_jobs", "Gradings by regrades that do not count, or not yet.", "state")
    for state, count in shadow_counts().items():
        shadows.add_metric([state], count)
    ended = _counter("verdicts", "Gradings that ended, by verdict.", "verdict")
    for verdict in ("graded", "rejected", "assignment_fault", "system_fault"):
        ended.add_metric([verdict], verdicts.get(verdict, 0))
    repeated = _counter("repeated_jobs", "Gradings that took more than one attempt.")
    repeated.add_metric([], sum(each.repeated for each in counts))
    uploads = _counter("uploads", "Uploads that were taken.")
    uploads.add_metric([], upload_count())
    yield from (jobs, shadows, ended, repeated, uploads)


def _passback() -> Iterator[Metric]:
    undone = _gauge("passbacks", "Grades that a platform should have and does not.", "state")
    for state, count in passback_counts().items():
        undone.add_metric([state], count)
    oldest = _gauge("passback_oldest_seconds", "How long the first waiting one has waited.")
    oldest.add_metric([], oldest_passback().total_seconds())
    yield from (undone, oldest)


def _phases() -> Iterator[Metric]:
    took = _gauge("phase_seconds", "Of the last quarter of an hour.", "phase", "quantile")
    runs = _gauge("phase_runs", "How many runs that is.", "phase")
    for phase, spread in phase_seconds().items():
        took.add_metric([phase, "0.5"], spread.median)
        took.add_metric([phase, "0.95"], spread.high)
        runs.add_metric([phase], spread.runs)
    yield from (took, runs)


def _workers(state: ServiceState, seen: list[WorkerSeen] | None) -> Iterator[Metric]:
    """Without the broker nobody knows, and then there are no such numbers rather than zeros."""
    broker = _gauge("broker_up", "Whether the broker's server answers.")
    broker.add_metric([], seen is not None)
    yield broker
    if seen is None:
        return
    processes = _gauge("worker_processes", "Submissions that can be graded at once.", "lane")
    for lane in state.lanes:
        serving = [one.processes for one in seen if lane.lane in one.lanes]
        processes.add_metric([lane.lane.value], sum(serving))
    workers_seen = _gauge("workers", "Workers that are at work.")
    workers_seen.add_metric([], len(seen))
    gpus = _gauge("gpus", "GPUs of workers that are at work.")
    gpus.add_metric([], sum(one.gpus for one in seen))
    leased = _gauge("gpus_leased", "Those of them that a run has to itself.")
    leased.add_metric([], sum(one.gpus_leased for one in seen))
    yield from (processes, workers_seen, gpus, leased)


def _pools() -> Iterator[Metric]:
    seen = pools.in_use()
    if seen is None:
        return
    waiting = _gauge("guests_waiting", "Warm guests that wait for a submission.")
    waiting.add_metric([], seen.waiting)
    taken = _counter("guests_taken", "Submissions by whether a guest was ready.", "guest")
    taken.add_metric(["warm"], seen.warm)
    taken.add_metric(["cold"], seen.cold)
    yield from (waiting, taken)


def _gauge(name: str, what: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"sandglass_{name}", what, labels=labels)


def _counter(name: str, what: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"sandglass_{name}", what, labels=labels)


def _seconds(span: timedelta | None) -> float:
    return _NEVER if span is None else span.total_seconds()
