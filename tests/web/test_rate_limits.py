"""How often: what is counted, by whose address, and what holds while the counts' server is away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from limits import parse

from tests.servers import RedisServer, redis_server
from web import rate_limits
from web.rate_limits import Counts, TooMany, forget, take
from web.visitor import address_of


@pytest.fixture
def server(settings: Any) -> Iterator[RedisServer]:
    """A server for the counts, which a test may stop."""
    with redis_server() as server:
        settings.SANDGLASS_BROKER_URL = server.url
        rate_limits.start_anew()
        yield server
    rate_limits.start_anew()


@pytest.fixture(autouse=True)
def _three(settings: Any) -> None:
    settings.SANDGLASS_LIMITS = {"upload": parse("3/hour"), "reset": parse("3/hour")}


def taken(limit: str, *who: str, tries: int = 5) -> int:
    """How many of these tries are not too many."""
    done = 0
    for _ in range(tries):
        try:
            take(limit, *who)
        except TooMany:
            continue
        done += 1
    return done


def test_each_person_and_each_thing_is_counted_apart() -> None:
    assert [taken("upload", "1"), taken("upload", "2"), taken("reset", "1")] == [3, 3, 3]


def test_too_many_says_when_it_goes_again() -> None:
    """When the oldest of those that were taken is an hour old."""
    taken("upload", "1")
    with pytest.raises(TooMany) as caught:
        take("upload", "1")
    assert 3590 < caught.value.seconds <= 3600


def test_what_was_refused_does_not_lengthen_the_wait() -> None:
    taken("upload", "1", tries=50)
    forget("upload", "1")
    assert taken("upload", "1") == 3


def test_who_has_no_name_is_not_counted() -> None:
    """Else all whom a proxy does not name would be one."""
    assert taken("reset", "") == 5


@pytest.mark.redis
def test_all_processes_count_together(server: RedisServer) -> None:
    taken("upload", "1")
    rate_limits.start_anew()
    assert taken("upload", "1") == 0


@pytest.mark.redis
def test_without_the_server_each_process_counts_for_itself(server: RedisServer) -> None:
    """Defined, and no harm: nobody waits, nobody is refused for it, nobody is without a limit."""
    server.stop()
    assert taken("upload", "1") == 3
    server.start()


@pytest.mark.redis
def test_the_server_is_asked_again_when_it_is_back(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken("upload", "1")
    server.stop()
    assert taken("upload", "1", tries=2) == 2
    server.start()
    monkeypatch.setattr(rate_limits, "_LEFT_ALONE", 0.0)
    counts: Counts = rate_limits._counts()
    counts._away_until = 0.0
    assert taken("upload", "1") == 0


@pytest.mark.redis
def test_the_server_holds_no_address_of_a_person(server: RedisServer) -> None:
    import redis

    take("reset", "ada@example.edu")
    with redis.Redis.from_url(server.url) as client:
        keys = client.keys("*")
    assert len(keys) == 1
    assert b"ada" not in keys[0]


# --- from where -----------------------------------------------------------------------------------


def request(forwarded: str | None = None, address: str = "10.0.0.1") -> HttpRequest:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return RequestFactory(headers=headers).get("/", REMOTE_ADDR=address)


def test_without_a_proxy_the_header_is_believed_by_nobody(settings: Any) -> None:
    settings.SANDGLASS_PROXIES = 0
    assert address_of(request("192.0.2.7")) == "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (1, "192.0.2.7", "192.0.2.7"),
        (1, "198.51.100.1, 192.0.2.7", "192.0.2.7"),
        (2, "198.51.100.1, 192.0.2.7, 203.0.113.9", "192.0.2.7"),
        (2, "203.0.113.9", ""),
        (1, None, ""),
        (1, "", ""),
        (1, "not an address", ""),
    ],
)
def test_behind_proxies_only_what_they_wrote_counts(
    settings: Any, proxies: int, forwarded: str | None, address: str
) -> None:
    """What a visitor wrote in front of it gives nobody a new address."""
    settings.SANDGLASS_PROXIES = proxies
    assert address_of(request(forwarded)) == address


@pytest.mark.parametrize(
    ("address", "home"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::1", "::/64"),
    ],
)
def test_a_home_with_many_addresses_is_one(settings: Any, address: str, home: str) -> None:
    settings.SANDGLASS_PROXIES = 0
    assert address_of(request(address=address)) == home
