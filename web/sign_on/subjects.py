"""Small questions about what a provider says of a person."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

_LONGEST = 191
"""What the library's table holds."""


def subject(name: str) -> str:
    """A provider's name for a person, short enough for the table."""
    return name if len(name) <= _LONGEST else f"sha256 {sha256(name.encode()).hexdigest()}"


def of_domains(email: str, domains: Iterable[str]) -> bool:
    """Whether the address is one of these domains; a domain below one of them is another."""
    return email.rpartition("@")[2].lower() in domains
