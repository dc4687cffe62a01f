"""Figures, days and the steps of a line in words that a customer can follow with a pocket calculator."""

# ruff: noqa: RUF001, RUF002 - real minus and multiplication signs, and dashes

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_MOST_GROUPS = 6
_TIER = re.compile(r"tiers\[([0-9]+)\]\.(.+)")
_FIGURES = {"discount.usage": "usage discount"}
_OF_QUANTITY = {"free_units": "free", "usage_discount": "discounted"}
_OF_AMOUNT = {
    "percentage_discount": "{} % discount",
    "maximum": "at most {}",
    "minimum": "at least {}",
    "charged": "{} charged above",
}


def number(text: str) -> str:
    """Return a number in plain notation with its thousands apart and a real minus: `-1234.50` is `−1,234.50`."""
    whole, point, fraction = text.removeprefix("-").partition(".")
    return f"{'−' * text.startswith('-')}{int(whole):,}{point}{fraction}"


def signed(text: str) -> str:
    """Return a number as `number` does, a plus in front of what is not negative."""
    return number(text) if text.startswith("-") else f"+{number(text)}"


def day(text: str) -> str:
    """Return a day in words: `4 November 2026`."""
    given = date.fromisoformat(text)
    return f"{given.day} {MONTHS[given.month - 1]} {given.year}"


def days(start: str, end: str) -> str:
    """Return days of one month, the end not among them, in words: `1–15 October 2026`."""
    first, last = date.fromisoformat(start[:10]), date.fromisoformat(end[:10]) - timedelta(days=1)
    if first == last:
        return day(first.isoformat())
    return f"{first.day}–{day(last.isoformat())}"


def month(text: str) -> str:
    """Return a period in words: `October 2026`."""
    year, number_of = text.split("-")
    return f"{MONTHS[int(number_of) - 1]} {int(year)}"


def moment(text: str) -> str:
    """Return a moment in words: `3 November 2026, 06:00 UTC`; seconds only if there are any."""
    given = datetime.fromisoformat(text)
    clock = given.strftime("%H:%M:%S" if given.second or given.microsecond else "%H:%M")
    return f"{day(given.date().isoformat())}, {clock} UTC"


def tax(value: Mapping[str, Any]) -> str:
    """Return how a line is taxed, in a word."""
    if value["reverse_charge"]:
        return "reverse charge"
    return "not stated" if value["rate"] is None else f"{number(value['rate'])} %"


def steps(line: Mapping[str, Any]) -> list[str]:
    """Return how a line's amount comes about, step by step; none if its own figures say it all.

    Args:
        line: with `quantity`, `unit_amount`, `amount` and `detail`.
    """
    if _stands_for_itself(line):
        return []
    detail = line["detail"]
    of_quantity = [change for change in detail["adjustments"] if change["kind"] in _OF_QUANTITY]
    of_amount = [change for change in detail["adjustments"] if change["kind"] not in _OF_QUANTITY]
    free = "".join(
        f" − {number(change['change'].lstrip('-'))} {_OF_QUANTITY[change['kind']]}" for change in of_quantity
    )
    every = [f"{number(line['quantity'])}{free} = {number(detail['billed_quantity'])}"] if free else []
    every += [_part(part) for part in detail["parts"]]
    every += [
        f"{_OF_AMOUNT[change['kind']].format(number(change['figure']))}: {signed(change['change'])}"
        for change in of_amount
    ]
    if len(detail["parts"]) + len(of_amount) > 1:
        every.append(f"together {number(detail['unrounded'])}")
    return every


def scaled(line: Mapping[str, Any]) -> list[str]:
    """Return the figures that were scaled to a part of the period, the first one with its days; none if none was."""
    proration = line["detail"]["proration"]
    if not proration:
        return []
    figures = [
        f"{_figure(figure['path'])} {number(figure['full'])} → {number(figure['scaled'])}"
        for figure in proration["figures"]
    ]
    return [f"{proration['days']} of {proration['of_days']} days: {figures[0]}", *figures[1:]] if figures else []


def groups(line: Mapping[str, Any]) -> list[str]:
    """Return the largest parts of a line's quantity, the first one with what they are grouped by; none if none is."""
    every = sorted(line["groups"], key=lambda group: Decimal(group["quantity"]), reverse=True)
    if not every:
        return []
    shown = [
        f"{' '.join('(none)' if value is None else value for value in group['dimensions'].values())}"
        f" {number(group['quantity'])}"
        for group in every[:_MOST_GROUPS]
    ]
    if len(every) > _MOST_GROUPS:
        shown.append(f"{len(every) - _MOST_GROUPS} more in the JSON document")
    if omitted := line.get("groups_omitted", 0):
        shown.append(f"and {number(str(omitted))} smaller ones")
    return [f"by {', '.join(every[0]['dimensions'])}: {shown[0]}", *shown[1:]]


def _stands_for_itself(line: Mapping[str, Any]) -> bool:
    """Whether the line's own figures say how its amount comes about: a flat amount, or quantity times unit price."""
    detail = line["detail"]
    if detail["adjustments"] or len(detail["parts"]) > 1 or any("tier" in part for part in detail["parts"]):
        return False
    if all(part["kind"] == "flat" for part in detail["parts"]):
        return True  # of a part of the period, it is among the scaled figures
    exact = Decimal(detail["unrounded"]) == Decimal(line["amount"])
    return exact and all(part["kind"] == "units" for part in detail["parts"])


def _part(part: Mapping[str, Any]) -> str:
    tier = f"tier {part['tier']}: " if "tier" in part else ""
    kind, quantity, amount = part["kind"], number(part["quantity"]), number(part["amount"])
    if kind == "flat":
        return f"{tier}flat {amount}"
    if kind == "value":
        return f"{tier}{number(part['rate'])} % of {quantity} = {amount}"
    counted = {"units": "", "packages": " packages", "events": " events"}[kind]
    return f"{tier}{quantity}{counted} × {number(part['each'])} = {amount}"


def _figure(path: str) -> str:
    """Return the path of a figure in words: `tiers[0].up_to` is `tier 1 up to`."""
    tier = _TIER.fullmatch(path)
    if tier:
        return f"tier {int(tier[1]) + 1} {tier[2].replace('_', ' ')}"
    return _FIGURES.get(path, path.replace("_", " "))
