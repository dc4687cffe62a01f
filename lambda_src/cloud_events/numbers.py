"""JSON's numbers, by their digits: no float rounds them, no integer of a million digits is ever computed."""

import re
from dataclasses import dataclass

_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?)([0-9]+))?")
_LONGEST_EXPONENT = 9  # digits; what is beyond moves the point further than any text is long


class Number(str):
    """A number as it was written; JSON's strings are plain `str`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """What a number stands for: its sign, its digits, and where among them the point is."""

    negative: bool
    """Never of zero."""
    digits: str
    """Without zeros at either end; empty for zero."""
    point: int
    """Before which digit the point is: 0 before the first, negative if zeros are between the point and the first."""

    @property
    def before(self) -> int:
        """How many digits are before the point, not counting the zero of `0.5`."""
        return max(self.point, 0)

    @property
    def after(self) -> int:
        """How many digits are after the point, not counting zeros at the end."""
        return max(len(self.digits) - self.point, 0)

    @property
    def plain(self) -> str:
        """The number without an exponent; only for one with few digits before and after its point."""
        digits = self.digits.rjust(len(self.digits) - min(self.point, 0), "0")
        whole, fraction = digits[: self.before].ljust(self.before, "0") or "0", digits[self.before :]
        return f"{'-' * self.negative}{whole}{'.' * bool(fraction)}{fraction}"


def figure_of(text: str) -> Figure | None:
    """Return what a text stands for by JSON's grammar of numbers; None if it is no number."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    sign, whole, fraction, exponent_sign, exponent = match.groups("")
    written = whole + fraction
    digits = written.lstrip("0")
    if not digits:
        return Figure(negative=False, digits="", point=0)
    power = exponent.lstrip("0") or "0"
    shift = int(power) if len(power) <= _LONGEST_EXPONENT else 10**_LONGEST_EXPONENT
    point = len(whole) - (len(written) - len(digits)) + (-shift if exponent_sign == "-" else shift)
    return Figure(bool(sign), digits.rstrip("0"), point)
