"""Holds: an operator keeps the drafts of a tenant, or of a whole period, from being finalized until reviewed."""

from collections.abc import Iterator

from billing.dynamo import ConditionFailedError
from billing.records import HOLDS, TENANT, Hold
from billing.store import ABSENT, Store
from rating.period import Period

_PERIOD = "PERIOD#"


class HoldError(ValueError):
    """There is such a hold already, or none; the message names its subject."""


def subject_of(held: str | Period) -> str:
    """Return the subject of a hold on a tenant, or on a period of all tenants."""
    return f"{_PERIOD}{held}" if isinstance(held, Period) else TENANT + held


def told_subject(subject: str) -> str:
    """Return the subject of a hold in words: `tenant acme`, `month 2026-10`."""
    if subject.startswith(_PERIOD):
        return f"month {subject.removeprefix(_PERIOD)}"
    return f"tenant {subject.removeprefix(TENANT)}"


def hold(store: Store, new: Hold) -> None:
    """Put a hold; the very same one may be put again.

    Raises:
        HoldError: its subject is on hold for another reason, which lifting this one would lift, too.
    """
    try:
        store.invoices.put(new.to_item(), ABSENT)
    except ConditionFailedError:
        known = _read(store, new.subject)
        if known is None or (known.by, known.reason) != (new.by, new.reason):
            raise HoldError(f"{told_subject(new.subject)}: must not be on hold already, is {_told(known)}") from None


def release(store: Store, subject: str) -> Hold:
    """Lift a hold, and return it.

    Raises:
        HoldError: there is none.
    """
    known = _read(store, subject)
    if known is None:
        raise HoldError(f"{told_subject(subject)}: must be on hold to be released, is not")
    store.invoices.delete_many([known.key])
    return known


def holds(store: Store) -> Iterator[Hold]:
    """Yield all holds: those on periods, then those on tenants, in order."""
    return (_hold(item) for item in store.invoices.query(HOLDS))


def _read(store: Store, subject: str) -> Hold | None:
    item = store.invoices.get((HOLDS, subject))
    return _hold(item) if item else None


def _hold(item: dict[str, str]) -> Hold:
    return Hold.of({**item, "subject": item["sk"]})


def _told(known: Hold | None) -> str:
    return f"since {known.at} by {known.by}: {known.reason}" if known else "no longer; try again"
