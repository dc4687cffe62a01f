"""The reconciliation table: an item for each hour and period of a source, and for each object of failed records."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

from billing.dynamo import Condition, ConditionFailedError, Item, Table
from billing.moments import moment_text, parse_moment
from billing.reconciliation import PERIOD
from rating.period import Period
from reconciliation.balance import Balance, Figures
from reconciliation.failures import ObjectCounts
from reconciliation.hours import HOUR, Window

COUNTS_KEPT = timedelta(days=460)
"""How long the counts of an error object are kept: CloudWatch keeps hourly sums for 455 days, and an hour without them
cannot be reconciled. Until then a replayed object's records must be known, be the object there or not."""
_ERRORS = "ERRORS#"
_FIGURES = {field.name for field in fields(Figures)}


class Items:
    """The items.

    Args:
        dynamodb: client of boto3, for DynamoDB.
        table: name of the table.
    """

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._table = Table(dynamodb, table, "source", "hour")

    def hours(self, source: str, window: Window) -> dict[datetime, Item]:
        """Return the items of the hours of a window that have been checked."""
        if not len(window):
            return {}
        found = self._table.query(source, moment_text(window.start), moment_text(window.end - HOUR))
        return {parse_moment(item["hour"]): item for item in found}

    def figures_before(self, source: str, hour: datetime, most: int) -> list[Figures]:
        """Return the figures of at most so many hours before one, without a gap, in order."""
        window = Window(hour - most * HOUR, hour)
        known, found = self.hours(source, window), list[Figures]()
        for one in reversed(list(window)):
            if "figures" not in known.get(one, ()):  # nobody has reconciled it
                break
            found.append(figures_of(known[one]))
        return found[::-1]

    def put_hour(self, source: str, hour: datetime, found: Balance, state: str, now: datetime) -> Item:
        """Write what a check found, unless a later one was there before; who accepted the hour stays written.

        Returns:
            The item as it is then.
        """
        values = {
            "state": state,
            "missing": found.missing,
            "unexplained": found.unexplained,
            "failed": found.failed,
            "own": dict(zip(("missing", "unexplained"), found.own, strict=True)),
            "figures": {name: number for name, number in asdict(found.figures).items() if number is not None},
        }
        return self._put((source, moment_text(hour)), values, now)

    def period(self, source: str, period: Period) -> Item | None:
        """Return what a check of a whole period found; None if there was none."""
        return self._table.get((source, f"{PERIOD}{period}"))

    def put_period(self, source: str, period: Period, totals: Mapping[str, Any], now: datetime) -> Item:
        """Write what a check of a whole period found, likewise."""
        return self._put((source, f"{PERIOD}{period}"), totals, now)

    def objects(self, bucket: str) -> Iterator[ObjectCounts]:
        """Yield what was found in the objects of an error bucket that have been read."""
        for item in self._table.query(_ERRORS + bucket):
            known = {name: item[name] for name in ("can_be", "never", "belonging")}
            yield ObjectCounts(item["hour"], **known, unreadable=item.get("unreadable"))

    def put_object(self, bucket: str, counts: ObjectCounts, now: datetime) -> None:
        """Keep what was found in an object; it never changes, so that it is read once.

        DynamoDB removes it when nobody can ask for its records' hours any more. An object that is still there is read
        again then.
        """
        item = {"can_be": dict(counts.can_be), "never": dict(counts.never), "belonging": dict(counts.belonging)}
        unreadable = {"unreadable": counts.unreadable} if counts.unreadable else {}
        expires = int((now + COUNTS_KEPT).timestamp())
        self._table.put({"source": _ERRORS + bucket, "hour": counts.key, **item, **unreadable, "expires": expires})

    def _put(self, key: tuple[str, str], found: Mapping[str, Any], now: datetime) -> Item:
        values = {**found, "checked_at": moment_text(now)}
        change = f"SET {', '.join(f'#{name} = :{name}' for name in values)} ADD #checks :one"
        not_later = Condition("attribute_not_exists(#checked_at) OR #checked_at <= :checked_at")
        try:
            return self._table.update(key, change, not_later, one=1, **values)
        except ConditionFailedError:
            if later := self._table.get(key):
                return later
            raise


def figures_of(item: Mapping[str, Any]) -> Figures:
    """Return the figures that an item of an hour has."""
    return Figures(**{name: number for name, number in item["figures"].items() if name in _FIGURES})
