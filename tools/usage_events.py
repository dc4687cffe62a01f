"""Usage events of a run: good ones, some of them sent again, and bad ones. Pure."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

USAGE, TOKENS = "com.example.usage", "com.example.tokens"
UNKNOWN = "com.example.unknown"
API, STREAM = "POST /events", "the stream"
"""The two ways in."""
GOOD, AGAIN, OTHER_DATA = "good", "sent again", "sent again with other data"
UNKNOWN_TYPE, NEGATIVE, AHEAD, NO_TIME = "unknown type", "negative quantity", "an hour ahead", "no time"
ACCEPTED, REJECTED, TAKEN = "accepted", "rejected", "taken"
"""Outcomes: the API's two; the stream takes all, and what is no usage event is put aside later."""
MODELS = ("small", "large")
_EACH = 12
"""Good events of each type, for a tenant and a way."""
_AGAIN = 5


@dataclass(frozen=True)
class Usage:
    """A usage event to send.

    Attributes:
        kind: what it is an example of.
        way: by which it is sent.
        time: when it happened; None for an event without a time.
        is_good: whether it must become a row, or be a duplicate of one.
    """

    kind: str
    way: str
    tenant: str
    source: str
    id: str
    type: str
    time: datetime | None
    data: dict[str, Any] | None
    is_good: bool = True

    @property
    def key(self) -> tuple[str, str, str]:
        """What a duplicate has in common with the event."""
        return self.tenant, self.source, self.id


@dataclass(frozen=True)
class Sent:
    """A usage event, and what became of it where it was sent to.

    Attributes:
        outcome: `accepted`, `rejected`, `taken`, or why nobody knows.
        reason: why it is rejected.
    """

    usage: Usage
    outcome: str
    reason: str | None = None

    @property
    def as_it_should_be(self) -> bool:
        """Whether the outcome is what the event must meet."""
        if self.usage.way == STREAM:
            return self.outcome == TAKEN
        return self.outcome == (ACCEPTED if self.usage.is_good else REJECTED)


def source_of(run_id: str, way: str) -> str:
    """Return the CloudEvents source of a run's events."""
    return f"https://example.com/{run_id}/{'api' if way == API else 'stream'}"


def plan(tenant: str, way: str, run_id: str, types: AbstractSet[str], now: datetime) -> tuple[list[Usage], list[Usage]]:
    """Lay out a tenant's events.

    Args:
        tenant: whose they are.
        way: by which they are sent.
        run_id: stands in each event's source.
        types: of events that the stack's catalog has a meter for.
        now: when they happen.

    Returns:
        What is sent, and what is sent again after that: duplicates, one of them with other data.
    """
    # Whole seconds: a time that is written in more ways than one would be another time.
    now = now.astimezone(UTC).replace(microsecond=0)

    def usage(kind: str, number: int, event_type: str, data: dict[str, Any] | None) -> Usage:
        name = f"{tenant}-{event_type.rpartition('.')[2]}-{number:02d}"
        return Usage(kind, way, tenant, source_of(run_id, way), name, event_type, now, data)

    good = [usage(GOOD, number, USAGE, None) for number in range(_EACH) if USAGE in types]
    good += [usage(GOOD, number, TOKENS, _tokens(tenant, number)) for number in range(_EACH) if TOKENS in types]
    bad = [usage(UNKNOWN_TYPE, 90, UNKNOWN, None)]
    if TOKENS in types:
        bad.append(usage(NEGATIVE, 91, TOKENS, {"value": -1, "model": MODELS[0]}))
    if USAGE in types:
        bad.append(replace(usage(AHEAD, 92, USAGE, None), time=now + timedelta(hours=1)))
        bad += [replace(usage(NO_TIME, 93, USAGE, None), time=None)] if way == STREAM else []
    again = [replace(one, kind=AGAIN) for one in good[:_AGAIN]]
    again += [replace(one, kind=OTHER_DATA, data={"value": 1, "model": "other"}) for one in good[-1:] if one.data]
    return [*good, *(replace(one, is_good=False) for one in bad)], again


def kinds(sent: Iterable[Sent]) -> list[tuple[str, str, int, str]]:
    """Summarize what became of events: way, kind, how many, and their outcomes, with the first reason of each."""
    found: dict[tuple[str, str], list[Sent]] = {}
    for one in sent:
        found.setdefault((one.usage.way, one.usage.kind), []).append(one)
    return [(*key, len(some), _outcomes(some)) for key, some in found.items()]


def _outcomes(sent: Sequence[Sent]) -> str:
    found: dict[str, list[Sent]] = {}
    for one in sent:
        found.setdefault(one.outcome, []).append(one)
    shown = []
    for outcome, some in found.items():
        reason = f" ({some[0].reason})" if some[0].reason else ""
        shown.append(f"{outcome}: {len(some)}{reason}")
    return ", ".join(shown)


def _tokens(tenant: str, number: int) -> dict[str, Any]:
    value = Decimal(50_000 + 1_000 * number + 10 * len(tenant)) + Decimal("0.1")
    return {"value": value, "model": MODELS[number % len(MODELS)]}
