"""A student who reads the page of a homework and hands in by its form."""

from __future__ import annotations

import zipfile
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from grader.models import Membership
from tests.factories import HW1, ON_TIME

ADDRESS = "/c/comp4551/hw/hw1/"
DAY = timedelta(days=1)
SOLUTION = {path.name: path.read_bytes() for path in sorted((HW1 / "solution").glob("*.py"))}


def browser(member: Membership, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(member.user)
    return client


def read(member: Membership, now: datetime = ON_TIME) -> Any:
    with time_machine.travel(now, tick=False):
        return browser(member).get(ADDRESS)


def upload(
    member: Membership,
    files: dict[str, bytes] | list[tuple[str, bytes]],
    *,
    now: datetime = ON_TIME,
    token: str | None = None,
    headers: dict[str, str] | None = None,
) -> Any:
    named = list(files.items()) if isinstance(files, dict) else files
    chosen = [SimpleUploadedFile(name, data) for name, data in named]
    with time_machine.travel(now, tick=False):
        return browser(member).post(
            ADDRESS, {"files": chosen, "token": token or str(uuid4())}, headers=headers
        )


def zipped(files: dict[str, bytes]) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def raw(member: Membership, names: list[bytes]) -> Any:
    """An upload with file names as no browser would write them."""
    files = zip(names, SOLUTION.values(), strict=True)
    parts = b"".join(
        b'--cut\r\nContent-Disposition: form-data; name="files"; filename="%b"\r\n\r\n%b\r\n'
        % (name, data)
        for name, data in files
    )
    with time_machine.travel(ON_TIME, tick=False):
        return browser(member).generic(
            "POST", ADDRESS, parts + b"--cut--\r\n", "multipart/form-data; boundary=cut"
        )
