"""What arrives with an upload, as handing in takes it: its files, and what it is known by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from uuid import UUID, uuid4, uuid5

from django.core.files.uploadedfile import UploadedFile

from grader.errors import UploadRefused
from web.answering import Typed


def read_files(uploads: Iterable[UploadedFile]) -> dict[str, bytes]:
    """The chosen files by name. Raises `UploadRefused` for what no homework takes."""
    files: dict[str, bytes] = {}
    for upload in uploads:
        name = upload.name or ""
        if name in files:
            raise UploadRefused(
                f"Two of the chosen files are named {name}: keep one of them and upload again."
            )
        files[name] = upload.read()
        if not files[name]:
            raise UploadRefused(
                f"{name} is empty, and nothing was taken: save your work in it, or leave it out, "
                "and upload again."
            )
    return files


def token_of(form: str, files: Mapping[str, bytes], typed: Mapping[str, Typed] | None) -> str:
    """The token of this form with what is in it; a form without a sound one is one of its own.

    A browser that goes back may bring the old token along, and other files are another upload.
    """
    try:
        known = UUID(form)
    except ValueError:
        return str(uuid4())
    contents = sorted((name, sha256(data).hexdigest()) for name, data in files.items())
    answers = [] if typed is None else [sorted(typed.items())]
    return str(uuid5(known, repr([*contents, *answers])))
