"""An upload's files on their way into memory, under one budget of bytes and entries."""

from __future__ import annotations

from collections.abc import Iterable

from assignments.errors import UploadRejected
from assignments.names import checked_name, is_junk, shown

MAX_ENTRIES = 2_000


class Gathering:
    """Files gathered so far. Bytes are counted as they arrive; no declared size is believed."""

    def __init__(self, source: str, max_bytes: int) -> None:
        self.files: dict[str, bytes] = {}
        self._source = source
        self._max_bytes = max_bytes
        self._left = max_bytes
        self._entries = 0
        self._folded: dict[str, str] = {}

    def admit(self, raw: str) -> str | None:
        """Check an entry's name. None means: ignore the entry without a word."""
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise too_many_entries(self._source)
        if is_junk(raw):
            return None
        return checked_name(raw, self._source)

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Take one file's bytes in, as far as the budget goes."""
        self._refuse_twins(name)
        data = bytearray()
        for chunk in chunks:
            if len(data) + len(chunk) > self._left:
                raise too_big(self._source, self._max_bytes, name)
            data += chunk
        self._left -= len(data)
        self.files[name] = bytes(data)

    def _refuse_twins(self, name: str) -> None:
        if not name:
            raise UploadRejected(
                f"{self._source} holds a file without a name: pack the files again."
            )
        twin = self._folded.setdefault(name.casefold(), name)
        if name in self.files:
            raise UploadRejected(
                f"{self._source} holds {shown(name)!r} twice: keep one of the two and pack again."
            )
        if twin != name:
            raise UploadRejected(
                f"{self._source} holds {shown(twin)!r} and {shown(name)!r}, which differ only in "
                "upper and lower case: keep one of the two and pack again."
            )


def megabytes(size: int) -> str:
    """Write a size the way people read it."""
    return f"{size / 1_000_000:.1f}".removesuffix(".0") + " MB"


def too_many_entries(source: str) -> UploadRejected:
    """Make the refusal of an upload with too many files."""
    return UploadRejected(
        f"{source} holds more than {MAX_ENTRIES:,} files and folders: upload only the files of "
        "this homework, without environments, data or version control."
    )


def too_big(source: str, max_bytes: int, name: str = "") -> UploadRejected:
    """Make the refusal of an upload with too many bytes, with the remedy that fits the file."""
    if name.endswith(".ipynb") or source.endswith(".ipynb"):
        subject = shown(name or source)
        return UploadRejected(
            f"{subject} is larger than the {megabytes(max_bytes)} that this homework takes: clear "
            "its outputs (in Jupyter: Edit, Clear Outputs of All Cells), save it and upload again."
        )
    return UploadRejected(
        f"{source} holds more than the {megabytes(max_bytes)} that this homework takes (counted "
        "unpacked): leave out data, models and outputs, and upload again."
    )
