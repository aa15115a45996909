"""What every list of people or their work has: words that it is searched by, and pages to turn."""

from __future__ import annotations

_LONGEST_SEARCH = 200
"""As long as a name may be; SQLite refuses to look for a whole book."""


def searched(words: str) -> str:
    """Words as a reader typed them, as the database is asked for them."""
    # PostgreSQL refuses a question with a NUL, and nobody's name has one.
    return words.replace("\0", "").strip()[:_LONGEST_SEARCH]


class Turned:
    """A page of a list: this one's number, and that of the last."""

    __slots__ = ()

    page: int
    pages: int

    @property
    def earlier(self) -> int | None:
        """The number of the page before this one."""
        return self.page - 1 if self.page > 1 else None

    @property
    def later(self) -> int | None:
        """The number of the page after this one."""
        return self.page + 1 if self.page < self.pages else None
