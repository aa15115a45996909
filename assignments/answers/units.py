"""Units of measurement, by pint, with a list of our own: those of this subject and no others.

A general list would take `Gb` for gilberts and `2.6 T` for teslas. Here, what is not on the list is
told to whoever wrote it. `B` is a byte; `kB` and `GB` are decimal, `KiB` and `GiB` binary.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pint

from assignments.answers.errors import Unreadable, quoted
from assignments.fields import near_miss

_DEFINITIONS = """
micro- = 1e-6 = µ- = u-
nano- = 1e-9 = n-
milli- = 1e-3 = m-
kilo- = 1e3 = k-
mega- = 1e6 = M-
giga- = 1e9 = G-
tera- = 1e12 = T-
peta- = 1e15 = P-
exa- = 1e18 = E-
zetta- = 1e21 = Z-
kibi- = 1024 = Ki-
mebi- = 1048576 = Mi-
gibi- = 1073741824 = Gi-
tebi- = 1099511627776 = Ti-
pebi- = 1125899906842624 = Pi-

bit = [data]
byte = 8 * bit = B
FLOP = [operations]
second = [time] = s = sec
minute = 60 * second = min
hour = 3600 * second = h = hr
day = 86400 * second = d
week = 604800 * second
year = 31536000 * second = yr
hertz = 1 / second = Hz
FLOPS = FLOP / second
meter = [length] = m = metre
gram = [mass] = g
joule = 1000 * gram * meter ** 2 / second ** 2 = J
watt = joule / second = W
watt_hour = 3600 * joule = Wh
dollar = [money] = USD = $
token = [tokens]
parameter = [parameters] = param
sample = [samples]
step = [steps]
percent = 0.01 = %
"""
_SMALL = frozenset({"milli", "micro", "nano"})
_DIVISIBLE = frozenset({"second", "meter", "gram", "joule", "watt", "hertz"})
_BINARY = frozenset({"kibi", "mebi", "gibi", "tebi", "pebi"})
_WITH_BINARY = frozenset({"byte", "bit"})
# What a student is told to write, for each dimension: in the order in which it is told.
_EXAMPLES = (
    "GB, MB or B",
    "TFLOP, GFLOP or FLOP",
    "TFLOP/s, GFLOP/s or FLOP/s",
    "GB/s, MB/s or B/s",
    "h, min, s or ms",
    "kWh or J",
    "kW or W",
    "tokens",
    "tokens/s",
    "parameters",
    "samples",
    "samples/s",
    "steps",
    "steps/s",
    "FLOP/token",
    "FLOP/B",
    "B/token",
    "$",
    "%",
)
_COUNTS = frozenset(f"[{things}]" for things in ("tokens", "parameters", "samples", "steps"))
_MAX_TEXT = 40
_SHORT = 2
"""Letters of a unit that is near to too many others for a guess."""
_FACTOR = re.compile(r"([A-Za-zµ%$_]+)(?:\^(-?[1-3]))?")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: how it was written, what it measures, and how much it is in base units."""

    text: str
    dimension: str
    """What it measures, spelt the same for all units that can be converted; empty for a number."""
    factor: Decimal

    @property
    def counts(self) -> bool:
        """Whether it is a number of things, which people also write without a unit."""
        return self.dimension in _COUNTS


PLAIN = Unit("", "", Decimal(1))
"""No unit at all."""


def _registry() -> pint.UnitRegistry[Any]:
    registry: pint.UnitRegistry[Any] = pint.UnitRegistry(None, non_int_type=Decimal)
    registry.load_definitions([line for line in _DEFINITIONS.splitlines() if line])
    return registry


_REGISTRY = _registry()


def read_unit(text: str) -> Unit:
    """Read a unit such as `GB`, `TFLOP/s` or `tokens per second`, or raise `Unreadable`."""
    compact = re.sub(r"\s*(?:\bper\b|/)\s*", "/", text.strip())
    compact = re.sub(r"\s*\*\s*", "*", compact.replace("**", "^"))
    if len(compact) > _MAX_TEXT:
        raise Unreadable(f"{quoted(text)} is too long for a unit")
    signs = ["*", *re.findall(r"[*/]", compact)]
    quantity = _REGISTRY.Quantity(Decimal(1))
    for sign, part in zip(signs, re.split(r"[*/]", compact), strict=True):
        factor = _factor(part)
        quantity = quantity / factor if sign == "/" else quantity * factor
    base = quantity.to_base_units()
    return Unit(text.strip(), _dimension(base), base.magnitude)


def _dimension(quantity: Any) -> str:
    # `percent` is a number: it has no dimension, and may be compared with a plain one.
    return "" if quantity.dimensionless else str(quantity.dimensionality)


def _factor(part: str) -> Any:
    """One factor as a quantity: a unit of the list, with a prefix that people use on it."""
    match = _FACTOR.fullmatch(part)
    if match is None:
        raise Unreadable(f"{quoted(part)} is not a unit" if part else "a unit is missing")
    name, power = match.group(1), int(match.group(2) or 1)
    for prefix, unit, _ in _REGISTRY.parse_unit_name(name):
        if _is_usual(prefix, unit):
            # pint gets its own name of it, and never what was typed.
            return _REGISTRY.Quantity(Decimal(1), prefix + unit) ** power
    raise Unreadable(f"{quoted(name)} is not a unit that is known here{_advice(name)}")


def _is_usual(prefix: str, unit: str) -> bool:
    if prefix in _SMALL:
        return unit in _DIVISIBLE
    return unit in _WITH_BINARY if prefix in _BINARY else unit != "percent" or not prefix


def _advice(name: str) -> str:
    """What the writer may have meant, where that is known."""
    if name in ("KB", "Kb"):
        return " (kB is 1000 bytes, KiB is 1024)"
    if re.fullmatch(r"[kKMGTP]i?b(ps)?", name):
        big = name[:-1] if name.endswith("b") else name[:-3]
        return f" ({big}B is for bytes, {big}bit for bits)"
    if re.fullmatch(r"[kKMGTPE]", name):
        return " (write the power of ten, such as e9)"
    known = [unit for line in _EXAMPLES for unit in re.split(", | or ", line)]
    folded = {unit.casefold(): unit for unit in known}
    if name.casefold() in folded:
        return f" (did you mean {folded[name.casefold()]}?)"
    near = near_miss(name, known) if len(name) > _SHORT else ""
    return f" ({near[:1].lower()}{near[1:]})".replace("'", "") if near else ""


def examples(unit: Unit) -> str:
    """Units of the same dimension, as a student should write them: `GB, MB or B`."""
    return _BY_DIMENSION.get(unit.dimension, unit.text) if unit.dimension else unit.text


_BY_DIMENSION: dict[str, str] = {}
for _line in _EXAMPLES[:-1]:
    _BY_DIMENSION.setdefault(read_unit(re.split(", | or ", _line)[0]).dimension, _line)
