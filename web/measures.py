"""How requests are answered, in numbers for Prometheus.

A server of several processes names a folder in `PROMETHEUS_MULTIPROC_DIR`: there each process
keeps its numbers, and whichever is asked gives the sum.
"""

from __future__ import annotations

import os
from pathlib import Path

_FOLDER = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
if _FOLDER:
    Path(_FOLDER).mkdir(parents=True, exist_ok=True)

# The library looks for the folder when it is imported.
from prometheus_client import CollectorRegistry, Counter, Histogram  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402

_OWN = CollectorRegistry()
_METHODS = {"GET", "HEAD", "POST"}
_ANSWERS = Counter(
    "sandglass_requests",
    "Requests by the name of their address, method and status.",
    ["view", "method", "status"],
    registry=_OWN,
)
_SECONDS = Histogram(
    "sandglass_request_seconds",
    "From a request's headers and body to the head of its answer.",
    ["view"],
    registry=_OWN,
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


def answered(view: str, method: str, status: int, seconds: float) -> None:
    """Count a request. A method that nobody knows is not named: there would be no end of them."""
    _ANSWERS.labels(view, method if method in _METHODS else "other", str(status)).inc()
    _SECONDS.labels(view).observe(seconds)


def registry() -> CollectorRegistry:
    """A registry with the numbers of all processes of this server, to which others may be added."""
    found = CollectorRegistry()
    if _FOLDER:
        MultiProcessCollector(found)  # type: ignore[no-untyped-call]
    else:
        for each in (_ANSWERS, _SECONDS):
            found.register(each)
    return found
