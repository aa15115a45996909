"""Reading TOML with types: each wrong value becomes a fault, and reading goes on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from assignments.errors import Fault


def near_miss(word: str, choices: Iterable[str]) -> str:
    """Say "Did you mean ...?" where a choice is near enough, else nothing."""
    found = difflib.get_close_matches(word, sorted(choices), n=1, cutoff=0.6)
    return f"Did you mean {found[0]!r}?" if found else ""


class Table:
    """One TOML table. Getters return a harmless value after a fault, so that all faults are met."""

    def __init__(self, values: dict[str, Any], path: str, prefix: str, faults: list[Fault]) -> None:
        self._values = values
        self._path = path
        self._prefix = prefix
        self._faults = faults
        self._known: set[str] = set()

    def fault(self, key: str, message: str, remedy: str = "") -> None:
        """Note a fault of one key of this table."""
        self._faults.append(Fault(self._path, self._prefix + key, message, remedy))

    def has(self, key: str) -> bool:
        """Whether the file sets this key."""
        return key in self._values

    def text(self, key: str, default: str | None = None) -> str:
        """A non-empty string."""
        value = self._take(key, required=default is None)
        if value is None:
            return default or ""
        if not isinstance(value, str) or not value.strip():
            self._wrong(key, value, "a text in quotes that is not empty")
            return default or ""
        return value

    def choice(self, key: str, choices: Iterable[str], default: str | None = None) -> str:
        """One of a closed list of strings."""
        allowed = tuple(choices)
        value = self.text(key, default)
        if value and value not in allowed:
            remedy = near_miss(value, allowed) or f"Use one of: {', '.join(allowed)}."
            self.fault(key, f"is {value!r}, which is not a known value.", remedy)
            return default or ""
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of non-empty strings, each once."""
        value = self._take(key, required=default is None)
        if value is None:
            return default or ()
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            self._wrong(key, value, 'a list of texts, such as ["a", "b"]')
            return default or ()
        for repeated in sorted({v for v in value if value.count(v) > 1}):
            self.fault(key, f"names {repeated!r} twice.", "Name it once.")
        return tuple(dict.fromkeys(value))

    def text_map(self, key: str) -> dict[str, str]:
        """A table of strings, empty where there is none."""
        value = self._take(key, required=False)
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            self._wrong(key, value, 'a table of texts, such as { "a" = "b" }')
            return {}
        return dict(value)

    def written(self, key: str, *, required: bool = True) -> str:
        """A number or a text, as a text; empty where there is none, and after a fault."""
        value = self._take(key, required=required)
        if value is None:
            return ""
        if not _is_written(value):
            self._wrong(key, value, 'a number, or a text in quotes such as "2.6 GB"')
            return ""
        return str(value)

    def grid(self, key: str) -> tuple[tuple[str, ...], ...]:
        """A list of rows of numbers or texts, all of one length; empty after a fault."""
        value = self._take(key, required=True)
        if value is None:
            return ()
        rows = value if isinstance(value, list) else []
        if not rows or not all(isinstance(row, list) and row for row in rows):
            self._wrong(key, value, 'a list of rows, such as [[1, 2], ["3 GB", 4]]')
            return ()
        if len({len(row) for row in rows}) > 1 or not all(_is_written(c) for r in rows for c in r):
            self.fault(key, "is no table.", "Give all rows as many numbers or texts in quotes.")
            return ()
        return tuple(tuple(str(cell) for cell in row) for row in rows)

    def is_list(self, key: str) -> bool:
        """Whether the file sets this key to a list."""
        return isinstance(self._values.get(key), list)

    def ranges(self, key: str) -> dict[str, tuple[Decimal, Decimal]]:
        """A table of ranges, `{ N = [2, 64] }`, empty where there is none."""
        value = self._take(key, required=False)
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(map(self._is_range, value.values())):
            self._wrong(key, value, "a table of ranges, such as { N = [2, 64] }")
            return {}
        return {name: (Decimal(low), Decimal(high)) for name, (low, high) in value.items()}

    def _is_range(self, value: object) -> bool:
        ends = value if isinstance(value, list) and len(value) == 2 else [None]  # noqa: PLR2004
        return all(self._number(end, quoted=False) is not None for end in ends)

    def flag(self, key: str, *, default: bool) -> bool:
        """Read `true` or `false`."""
        value = self._take(key, required=False)
        if value is None:
            return default
        if not isinstance(value, bool):
            self._wrong(key, value, "true or false, without quotes")
            return default
        return value

    def integer(self, key: str, default: int | None = None, *, least: int = 1) -> int | None:
        """Read a whole number of at least `least`; None where the file does not set it."""
        value = self._take(key, required=False)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            self._wrong(key, value, f"a whole number of at least {least}")
            return default
        return value

    def decimal(
        self, key: str, default: Decimal | None = None, *, zero: bool = False, quoted: bool = False
    ) -> Decimal | None:
        """Read an exact number above 0 (or from 0); None where the file does not set it.

        With `quoted`, the number may stand in quotes: "0.20" shows that it is read exactly.
        """
        value = self._take(key, required=False)
        if value is None:
            return default
        number = self._number(value, quoted=quoted)
        if number is None or number < 0 or (number == 0 and not zero):
            self._wrong(key, value, f"a number {'of at least 0' if zero else 'above 0'}")
            return default
        return number

    def required_decimal(self, key: str) -> Decimal:
        """Read an exact number above 0 that must be there."""
        if self._take(key, required=True) is None:
            return Decimal(0)
        return self.decimal(key) or Decimal(0)

    def seconds(self, key: str) -> float | None:
        """Read a time span above 0; None where the file does not set it."""
        value = self.decimal(key)
        return None if value is None else float(value)

    def moment(self, key: str) -> datetime | None:
        """Read a local date and time without an offset; None where the file does not set it."""
        value = self._take(key, required=False)
        if value is not None and (not isinstance(value, datetime) or value.tzinfo is not None):
            self._wrong(key, value, "a local date and time, such as 2025-02-22T23:59:00")
            return None
        return value

    def day(self, key: str) -> date | None:
        """Read a date without a time; None where the file does not set it."""
        value = self._take(key, required=False)
        if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
            self._wrong(key, value, "a date, such as 2025-03-24")
            return None
        return value

    def table(self, key: str) -> Table:
        """A sub-table, empty where there is none."""
        value = self._take(key, required=False)
        if value is not None and not isinstance(value, dict):
            self._wrong(key, value, f"a table, [{self._prefix}{key}]")
            value = None
        return Table(value or {}, self._path, f"{self._prefix}{key}.", self._faults)

    def tables(self, key: str, *, required: bool = True) -> list[Table]:
        """An array of tables, counted from 1 in messages."""
        value = self._take(key, required=required)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            self._wrong(key, value, f"an array of tables, [[{self._prefix}{key}]]")
            return []
        return [
            Table(item, self._path, f"{self._prefix}{key}[{number}].", self._faults)
            for number, item in enumerate(value, start=1)
        ]

    def finish(self) -> None:
        """Note every key that nobody asked for. Call it last."""
        for key in sorted(self._values.keys() - self._known):
            remedy = near_miss(key, self._known) or f"Known keys: {', '.join(sorted(self._known))}."
            self.fault(key, "is not a known key.", remedy)

    def _take(self, key: str, *, required: bool) -> Any:
        self._known.add(key)
        if key not in self._values and required:
            self.fault(key, "is missing.", "Add it.")
        return self._values.get(key)

    def _wrong(self, key: str, value: object, wanted: str) -> None:
        self.fault(key, f"is {_described(value)}.", f"Write {wanted}.")

    @staticmethod
    def _number(value: object, *, quoted: bool) -> Decimal | None:
        allowed = (int, Decimal, str) if quoted else (int, Decimal)
        if isinstance(value, bool) or not isinstance(value, allowed):
            return None
        try:
            number = Decimal(value)
        except InvalidOperation:
            return None
        return number if number.is_finite() else None


def _is_written(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _described(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal | date):
        return str(value)
    kinds: dict[type, str] = {dict: "a table", list: "a list"}
    kind = kinds.get(type(value))
    return f"{kind} where something else belongs" if kind else repr(value)
