"""From where a request comes: the network address that limits are counted by."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

_ONE_HOME = 64
"""The bits of an IPv6 address that one customer shares; the rest is theirs to choose."""


def address_of(request: HttpRequest) -> str:
    """The address of who asks; empty where nobody trustworthy has noted it.

    Each proxy writes whom it heard at the end of `X-Forwarded-For`, and what stands before that
    came from the visitor. So the entries are counted from the end, as many as there are proxies.
    """
    said, proxies = request.META.get("REMOTE_ADDR") or "", settings.SANDGLASS_PROXIES
    if proxies:
        heard = request.headers.get("X-Forwarded-For", "").split(",")
        said = heard[-proxies] if len(heard) >= proxies else ""
    try:
        return _home(ip_address(said.strip()))
    except ValueError:
        return ""


def _home(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), _ONE_HOME), strict=False))
