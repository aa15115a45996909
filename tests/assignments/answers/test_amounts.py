from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignments.answers.amounts import read_amount
from assignments.answers.errors import Unreadable
from assignments.answers.units import PLAIN, read_unit
from runners.text import clean

GB = read_unit("GB")
BYTES = {
    "2.6 GB": 2_600_000_000,
    "2600MB": 2_600_000_000,
    "2.6e9 B": 2_600_000_000,
    "2_600 MB": 2_600_000_000,
    "2.6\u00d710\u2079 B": 2_600_000_000,
    "2.6 * 10^9 B": 2_600_000_000,
    "2.6 x 10**9 bytes": 2_600_000_000,
    "\uff12\uff0e\uff16 GB": 2_600_000_000,
    "≈ 2.6 GB.": 2_600_000_000,
    "20.8 Gbit": 2_600_000_000,
    "2 GiB": 2**31,
    "2^31 B": 2**31,
    "10/4 kB": 2_500,
    "- 3 KiB": -3 * 1024,
}
UNREADABLE = {
    "2,6 GB": "“2,6 GB” has a comma, which can be read in two ways: write a point before decimals, "
    "and nothing between thousands",
    "1 000 MB": "“1 000 MB” has a space between digits: leave it out",
    "2.6 BG": "“2.6 BG” cannot be read: “BG” is not a unit that is known here; write GB, MB or B",
    "2.6 gb": "“2.6 gb” cannot be read: “gb” is not a unit that is known here (did you mean GB?); "
    "write GB, MB or B",
    "2.6 Gb": "“2.6 Gb” cannot be read: “Gb” is not a unit that is known here (GB is for bytes, "
    "Gbit for bits); write GB, MB or B",
    "2.6 KB": "“2.6 KB” cannot be read: “KB” is not a unit that is known here (kB is 1000 bytes, "
    "KiB is 1024); write GB, MB or B",
    "2.6 G": "“2.6 G” cannot be read: “G” is not a unit that is known here (write the power of "
    "ten, such as e9); write GB, MB or B",
    "2.6": "“2.6” has no unit: write it too, such as GB, MB or B",
    "2.6 s": "“2.6 s” measures something else than is asked for: write it in units such as GB, MB "
    "or B",
    "nan": "“nan” is not a number: write a number such as 2.6 or 2.6e9, with a unit such as GB, "
    "MB or B",
    "1e9999 B": "“1e9999 B” is beyond all numbers that are asked for here",
    "1/0 B": "“1/0 B” divides by zero",
}
HOSTILE = [
    "10**10**10 B",
    "9" * 1_000_000,
    "1e99999999999 B",
    "2.6 " + "G" * 100_000,
    "2.6 " + "B*" * 5_000,
    "(" * 50_000,
    "\u0663 GB",
    "²  GB",
    "1e400e400 B",
    "infinity B",
    "2.6 __import__",
    "2.6 GB; import os",
    "\x00 GB",
    "2.6 B^999999999",
]


@pytest.mark.parametrize(("typed", "count"), BYTES.items())
def test_a_number_of_bytes(typed: str, count: int) -> None:
    assert read_amount(typed, GB).value == read_amount(f"{count} B").value


@pytest.mark.parametrize(("typed", "message"), UNREADABLE.items())
def test_what_cannot_be_read_is_told_how_to_write(typed: str, message: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_amount(typed, GB)
    assert str(caught.value) == message


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_unreadable_at_once(typed: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_amount(typed, GB)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("typed", "like"),
    [
        ("312 TFLOPS", "312 TFLOP/s"),
        ("312e12 FLOP per second", "312 TFLOP/s"),
        ("0.312 PFLOP / s", "312 TFLOP/s"),
        ("2 TB/s", "2000 GB/s"),
        ("4096 tokens/step", "4.096 ktokens/step"),
        ("6 FLOP/token", "6 FLOP / token"),
        ("1.5 kW", "1500 J/s"),
        ("2 h", "120 min"),
        ("300 W*h", "0.3 kWh"),
        ("3 m^2", "3 m*m"),
        ("2.5 $/h", "60 USD/day"),
        ("50 %", "0.5"),
    ],
)
def test_units_that_mean_the_same(typed: str, like: str) -> None:
    one, other = read_amount(typed), read_amount(like)
    assert one.unit.dimension == other.unit.dimension
    assert abs(one.value - other.value) < abs(one.value) * Decimal("1e-25")


def test_operations_are_no_rate() -> None:
    with pytest.raises(Unreadable, match="FLOP is a number of operations, FLOP/s a rate"):
        read_amount("312 TFLOPs", read_unit("TFLOP/s"))


def test_things_are_counted_with_or_without_a_unit() -> None:
    tokens = read_unit("tokens")
    assert read_amount("1.4e12", tokens).value == read_amount("1.4e12 tokens", tokens).value
    with pytest.raises(Unreadable, match="a plain number is asked for"):
        read_amount("1.4e12 tokens", PLAIN)


@given(st.decimals(-(10**30), 10**30))
def test_a_decimal_is_read_exactly(number: Decimal) -> None:
    assert read_amount(str(number)).value == number


@given(st.decimals(0, 1_000_000, places=3), st.sampled_from(["k", "M", "G", "T", "Ki", "Mi", "Gi"]))
def test_a_prefix_is_a_factor(number: Decimal, prefix: str) -> None:
    factor = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20}
    expected = number * factor.get(prefix, 2**30)
    assert read_amount(f"{number} {prefix}B").value == read_amount(f"{expected} B").value


@given(st.text(max_size=60) | st.text("0123456789eE.+-*/^() xGBs%,_", max_size=40))
def test_any_text_is_a_number_or_a_sentence(typed: str) -> None:
    try:
        amount = read_amount(typed, GB)
    except Unreadable as error:
        said = str(error)
        assert said == clean(said)
    else:
        assert amount.value.is_finite()
        assert amount.unit.dimension == GB.dimension
