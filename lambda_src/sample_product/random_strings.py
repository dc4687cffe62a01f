"""Random strings as a product: check what is asked for, then make them from the system's own randomness."""

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import SystemRandom

ALPHABETS = {
    "letters": string.ascii_letters,
    "lowercase": string.ascii_lowercase,
    "uppercase": string.ascii_uppercase,
    "digits": string.digits,
}
_DEFAULTS = {"len": "8", "num": "1", "chars": "letters"}
_MAXIMA = {"len": 256, "num": 100}
_NUMBER = re.compile("[0-9]{1,3}")
_random = SystemRandom()


class ParameterError(ValueError):
    """A query parameter breaks a rule."""

    def __init__(self, parameter: str, rule: str, value: str) -> None:
        super().__init__(f"{parameter}: must be {rule}, not {value!r}")
        self.parameter = parameter
        self.rule = rule
        self.value = value


@dataclass(frozen=True)
class Request:
    """What is asked for."""

    length: int
    """Characters in each string."""
    count: int
    """How many strings."""
    alphabet: str
    """The characters they are made of."""


def parse_request(parameters: Mapping[str, Sequence[str]]) -> Request:
    """Read query parameters: name -> every value given for it.

    Raises:
        ParameterError: a parameter is unknown, given more than once, or breaks its rule.
    """
    values = dict(_DEFAULTS)
    for parameter, given in parameters.items():
        if parameter not in _DEFAULTS:
            raise ParameterError(parameter, f"one of the parameters {', '.join(_DEFAULTS)}", parameter)
        if len(given) != 1:
            raise ParameterError(parameter, "given once", ", ".join(given))
        values[parameter] = given[0]
    if values["chars"] not in ALPHABETS:
        raise ParameterError("chars", f"one of {', '.join(ALPHABETS)}", values["chars"])
    return Request(_number("len", values["len"]), _number("num", values["num"]), ALPHABETS[values["chars"]])


def random_strings(request: Request) -> list[str]:
    """Return the strings, each character drawn evenly and independently."""
    return ["".join(_random.choices(request.alphabet, k=request.length)) for _ in range(request.count)]


def _number(parameter: str, value: str) -> int:
    maximum = _MAXIMA[parameter]
    if not _NUMBER.fullmatch(value) or not 1 <= int(value) <= maximum:
        raise ParameterError(parameter, f"a whole number from 1 to {maximum}", value)
    return int(value)
