"""One line of JSON in, one line of JSON out: rate a case that stands for itself."""

import json
from typing import Any

from rating.exact import CURRENCY_EXPONENTS, show
from rating.failure import UsageError
from rating.form import Form, FormError
from rating.line import detail
from rating.pipeline import Charge, Usage, rate
from rating.price import read_discount, read_price

_LONGEST_INTEGER = 100  # digits; longer ones cost int() time that grows with their square, and are refused anyway


def answer(line: bytes) -> dict[str, Any]:
    """Return the rated case of a line: `{"amount": …, …detail}`, or `{"error": …}`. Any bytes have an answer."""
    try:
        return rate_case(_parse(line))
    except (FormError, UsageError) as error:
        return {"error": str(error)}


def rate_case(value: Any) -> dict[str, Any]:
    """Return the detail of a rated case.

    Args:
        value: `{"price": …, "usage": "…", "events": n, "currency_exponent": n, "discount": …}`; events (0 if absent)
            and discount may be left out.

    Raises:
        FormError: with every fault of the case's form.
        UsageError: the usage cannot be rated.
    """
    if not isinstance(value, dict):
        raise FormError([f"must be an object, got {show(value)}"])
    problems: list[str] = []
    form = Form(value, "", problems)
    price = read_price(form.get("price"), "price", problems)
    discount = read_discount(form.get("discount"), "discount", problems)
    # A case that says nothing of events has none. `rate` would refuse it: what meters measure always has a count.
    usage = Usage(form.number("usage"), form.whole("events") or 0)
    exponent = form.whole("currency_exponent")
    if exponent is None:
        form.refuse("currency_exponent", "missing, must be a whole number")
    elif exponent not in CURRENCY_EXPONENTS:
        form.refuse("currency_exponent", f"must be 0 to {CURRENCY_EXPONENTS[-1]}, got {exponent}")
    form.finish()
    if price is None or exponent is None or problems:
        raise FormError(problems)
    return detail(rate(Charge("case", "unit", price, discount), usage, exponent))


def _parse(line: bytes) -> Any:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise FormError(["must be UTF-8"]) from None
    try:
        return _DECODER.decode(text)
    except FormError:
        raise
    except (ValueError, RecursionError):  # RecursionError: a line of nothing but brackets
        raise FormError([f"must be JSON, got {show(text.strip())}"]) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for key, value in pairs:
        if key in record:  # whichever the parser would keep, the other was meant as well
            raise FormError([f"duplicate key {show(key)}"])
        record[key] = value
    return record


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        raise FormError([f"must have no integer of more than {_LONGEST_INTEGER} digits, got {show(text)}"])
    return int(text)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_int=_integer, parse_constant=_refuse_constant)
