"""What meters read of an event's data as numbers, checked before the event is taken: every bill can add it up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cloud_events import Json, Number, figure_of, is_text, show
from rating.catalog import Meter
from rating.catalog.columns import PLACES, WHOLE_DIGITS

LONGEST = 64
"""Characters of a number: zeros at its ends are no digits, but whoever adds it up does not take any length."""


class QuantityError(ValueError):
    """A member of the data is not what a meter can add up; the message names member, rule and value."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What the meters of an event type demand of one member of its data."""

    member: str
    required: bool
    """Whether it must be there: some meter adds it up in every event."""
    negative: bool
    """Whether it may be below zero: no meter that adds it up forbids it."""


def quantities_of(meters: Iterable[Meter]) -> tuple[Quantity, ...]:
    """Return what meters of one event type demand, by member."""
    found: dict[str, Quantity] = {}
    for meter in meters:
        for member in meter.data_members:
            known = found.get(member, Quantity(member, required=False, negative=True))
            if member == meter.value_member:
                known = replace(
                    known,
                    required=known.required or not meter.filters,
                    negative=known.negative and meter.allow_negative,
                )
            found[member] = known
    return tuple(found.values())


def check(quantities: Iterable[Quantity], data: Json) -> None:
    """See to it that data has what is demanded. Data that is no object has no members.

    Raises:
        QuantityError: it has not.
    """
    members: Mapping[str, Any] = data if isinstance(data, dict) else {}
    for quantity in quantities:
        value = members.get(quantity.member)
        if value is not None:
            _check_number(quantity, value)
        elif quantity.required:
            raise QuantityError(f"data.{quantity.member} missing, must be a number")


def _check_number(quantity: Quantity, value: Json) -> None:
    name = f"data.{quantity.member}"
    text = value if isinstance(value, Number) or (is_text(value) and not {"e", "E"} & set(value)) else ""
    figure = figure_of(text)
    if len(text) > LONGEST:
        raise QuantityError(f"{name} must have at most {LONGEST} characters, got {show(value)}")
    if figure is None:
        raise QuantityError(
            f'{name} must be a number, or a string of one without exponent, such as "12.50", got {show(value)}'
        )
    if figure.before > WHOLE_DIGITS or figure.after > PLACES:
        rule = f"must have at most {WHOLE_DIGITS} digits before its point and {PLACES} after it"
        raise QuantityError(f"{name} {rule}, got {show(value)}")
    if figure.negative and not quantity.negative:
        raise QuantityError(f"{name} must not be negative, got {show(value)}")
