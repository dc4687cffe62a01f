"""The catalog as a whole: read, checked, and known by its digest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from rating.catalog.columns import Tables
from rating.catalog.meters import Meter, read_meters
from rating.catalog.plans import Plan, read_plans
from rating.exact import show
from rating.form import Form, FormError

DUPLICATE_WINDOW_DAYS = 35
"""If the catalog names none. It never changes: bills of catalogs that name none are counted again by it."""
LONGEST_WINDOW_DAYS = 366


@dataclass(frozen=True, slots=True)
class Catalog:
    """Meters and plans, checked."""

    meters: Mapping[str, Meter]
    """By name, sorted."""
    plans: Mapping[str, Plan]
    """By name, sorted."""
    default_plan: str | None
    """Name of the plan of tenants without a subscription; None if they are not billed."""
    duplicate_window_days: int
    """Days before and after a period in which deliveries of one record are looked for, where callers say its time."""
    digest: str
    """The catalog's version: SHA-256, in hex, of its canonical JSON."""
    raw: Mapping[str, Any]
    """As JSON values; `parse_catalog` makes the same catalog of it."""


def parse_catalog(value: Any, tables: Tables) -> Catalog:
    """Return the catalog that a parsed YAML or JSON file stands for.

    Args:
        value: an object with `meters`, `plans` and, if wanted, `default_plan` and `duplicate_window_days`; a day is a
            `date` or its text, a number is a text or an integer.
        tables: role -> every table that a meter may be over.

    Raises:
        FormError: with every fault, each with its path in the file.
    """
    problems: list[str] = []
    form = Form(value, "", problems)
    if problems:
        raise FormError(problems)
    meters = read_meters(form, tables)
    plans = read_plans(form, meters)
    default = None if form.get("default_plan") is None else form.choice("default_plan", plans)
    window = _read_window(form)
    form.finish()
    known = {name: meter for name, meter in meters.items() if meter}
    if problems:
        raise FormError(problems)
    return Catalog(known, plans, default, window, digest_of(value), json.loads(canonical_json(value)))


def _read_window(form: Form) -> int:
    days = form.whole("duplicate_window_days")
    if days is None:
        return DUPLICATE_WINDOW_DAYS
    if days > LONGEST_WINDOW_DAYS:
        form.refuse("duplicate_window_days", f"must be {LONGEST_WINDOW_DAYS} at most, got {days}")
    return days


def digest_of(value: Any) -> str:
    """Return the SHA-256, in hex, of a value's canonical JSON."""
    return sha256(canonical_json(value).encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """Return the one JSON text of a value: keys sorted, no blanks, a day as its ISO text.

    Raises:
        TypeError: a part of the value is nothing that a catalog has.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_day_text
    )


def _day_text(value: Any) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"must be JSON or a day, got {show(value)}")
