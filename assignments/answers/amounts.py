"""A number with or without a unit, as people type it: `2.6 GB`, `1.3e9`, `2 * 10^30 B`, `1/3`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal

from assignments.answers.errors import Unreadable, quoted
from assignments.answers.text import plain
from assignments.answers.units import PLAIN, Unit, examples, read_unit

MAX_TEXT = 120
_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?"
_POWER = r"[0-9]{1,3}\s*(?:\^|\*\*)\s*(?:[+-]?[0-9]{1,4}|\([+-]?[0-9]{1,4}\))"
_AMOUNT = re.compile(
    rf"(?P<sign>[+-]?)\s*"
    rf"(?:(?P<power>{_POWER})|(?P<number>{_NUMBER})(?:\s*[*x]\s*(?P<times>{_POWER}))?)"
    rf"(?:\s*/\s*(?P<below>{_NUMBER}))?"
    rf"\s*(?P<unit>.*)"
)
_HOW = "write a number such as 2.6 or 2.6e9"
_LARGEST = 400
"""Decimal places before or after the point that a number may have."""
_EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in base units, and the unit that it was written in."""

    value: Decimal
    unit: Unit


def read_amount(typed: str, wanted: Unit | None = None) -> Amount:
    """Read a number, or raise `Unreadable`. With `wanted`, it must be of that unit's kind."""
    text = plain(typed).lstrip("~≈=").rstrip(".").strip()
    if len(text) > MAX_TEXT:
        raise Unreadable(f"{quoted(text)} is too long for a number: {_HOW}")
    text = re.sub(r"(?<=[0-9])_(?=[0-9])", "", text)
    _refuse_commas(text)
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise Unreadable(f"{quoted(text)} is not a number: {_how(wanted)}")
    value = _value(match, text)
    unit = _unit(match["unit"], text, wanted)
    if wanted is not None:
        _compare_kinds(unit, wanted, text)
    return Amount(_EXACT.multiply(value, unit.factor), unit)


def _how(wanted: Unit | None) -> str:
    if wanted is None or not wanted.text:
        return _HOW
    return f"{_HOW}, with a unit such as {examples(wanted)}"


def _refuse_commas(text: str) -> None:
    if re.search(r"[0-9],[0-9]|,[0-9]{3}", text):
        raise Unreadable(
            f"{quoted(text)} has a comma, which can be read in two ways: write a point before "
            "decimals, and nothing between thousands"
        )
    if re.match(r"[+-]?[0-9]+ [0-9]", text):
        raise Unreadable(f"{quoted(text)} has a space between digits: leave it out")


def _value(match: re.Match[str], text: str) -> Decimal:
    value = _power(match["power"]) if match["power"] else Decimal(match["number"])
    if match["times"]:
        value = _EXACT.multiply(value, _power(match["times"]))
    below = Decimal(match["below"] or 1)
    if not below:
        raise Unreadable(f"{quoted(text)} divides by zero")
    value = _EXACT.divide(value, below)
    if value and abs(value.adjusted()) > _LARGEST:
        raise Unreadable(f"{quoted(text)} is beyond all numbers that are asked for here")
    return _EXACT.minus(value) if match["sign"] == "-" else value


def _power(text: str) -> Decimal:
    base, exponent = re.split(r"\^|\*\*", re.sub(r"[\s()]", "", text))
    if not int(base):
        return Decimal(int(int(exponent) == 0))
    return _EXACT.power(Decimal(base), Decimal(exponent))


def _unit(written: str, text: str, wanted: Unit | None) -> Unit:
    if not written:
        return PLAIN
    try:
        return read_unit(written)
    except Unreadable as error:
        raise Unreadable(f"{quoted(text)} cannot be read: {error}{_how_with(wanted)}") from None


def _how_with(wanted: Unit | None) -> str:
    if wanted is None:
        return ""
    return f"; write {examples(wanted)}" if wanted.text else "; write a number without a unit"


def _compare_kinds(unit: Unit, wanted: Unit, text: str) -> None:
    if unit.dimension == wanted.dimension and bool(unit.text) >= bool(wanted.text):
        return
    if not unit.text and wanted.counts:
        return
    if not unit.text:
        raise Unreadable(f"{quoted(text)} has no unit: write it too, such as {examples(wanted)}")
    if not wanted.text:
        raise Unreadable(
            f"{quoted(text)} has the unit {unit.text}: leave it out, for a plain "
            "number is asked for"
        )
    operations = {unit.dimension, wanted.dimension} <= {_operations(), _operations("/s")}
    why = "; FLOP is a number of operations, FLOP/s a rate" if operations else ""
    raise Unreadable(
        f"{quoted(text)} measures something else than is asked for{why}: write it in units such "
        f"as {examples(wanted)}"
    )


def _operations(per: str = "") -> str:
    return read_unit(f"FLOP{per}").dimension
