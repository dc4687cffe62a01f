"""What alarms said when, and which of them saw which fault. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tools.chaos.plan import API, Kind, Planned

ALARM = "ALARM"
BY_RECONCILIATION = frozenset({Kind.DUPLICATE})
"""Faults that do no harm, since a key counts once: no alarm goes off, and the reconciliation explains the rows."""

_TRANSFORM = ("transform-failures", "transform-errors", "transform-duration")
_AT_ONCE: dict[Kind, tuple[str, ...]] = {
    Kind.CRASH: _TRANSFORM,
    Kind.TIMEOUT: _TRANSFORM,
    Kind.NONSENSE: _TRANSFORM,
    Kind.KILL: _TRANSFORM,
    Kind.NO_INVOKE: ("transform-failures",),
    Kind.NO_TABLE: ("failed-rows",),
    Kind.COMMIT: ("failed-rows",),
    Kind.THROTTLE: ("throttled",),
    Kind.API_KILL: ("api-5xx",),
    Kind.EVENTS_KILL: ("api-5xx",),
}
"""Alarms that go off while a fault lasts. Faults that share them are never there together, so each sees its own."""
_IN_TIME: dict[Kind, tuple[str, ...]] = {
    Kind.NONSENSE: ("error-objects",),  # answers of the right form fail records, and no call
    Kind.COMMIT: ("freshness",),  # rows are held while the error bucket is shut, and count as failed afterwards
    Kind.BUCKET: ("freshness",),
    Kind.HOLD: ("freshness",),
}
"""Alarms that need longer: for an hour to go by, or its reconciliation."""


def alarms_of(fault: Planned) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the roles of the alarms that are there for a fault: those that go off while it lasts, and those in time."""

    def roles(found: dict[Kind, tuple[str, ...]]) -> tuple[str, ...]:
        return tuple(role if fault.where == API else f"{fault.where}-{role}" for role in found.get(fault.kind, ()))

    return roles(_AT_ONCE), roles(_IN_TIME)


@dataclass
class Timeline:
    """The alarms' states by role, evaluation by evaluation."""

    moments: list[tuple[datetime, Mapping[str, str]]] = field(default_factory=list)

    def add(self, moment: datetime, states: Mapping[str, str]) -> None:
        """Note an evaluation; they come in order."""
        self.moments.append((moment, dict(states)))

    def seen(self, fault: Planned, start: datetime, end: datetime) -> tuple[str, datetime] | None:
        """Give the alarm that saw a fault first, and when; None if none did.

        Args:
            fault: which one.
            start: when it began.
            end: when it ended.
        """
        at_once, in_time = alarms_of(fault)
        return self.first_alarm(at_once, start, end) or self.first_alarm(in_time, start)

    def first_alarm(
        self, roles: Iterable[str], after: datetime, until: datetime | None = None
    ) -> tuple[str, datetime] | None:
        """Give the first of some alarms that was in ALARM after a moment, and at the latest at another, and when."""
        wanted = list(roles)
        for moment, states in self.moments:
            if after < moment and (until is None or moment <= until):
                for role in wanted:
                    if states.get(role) == ALARM:
                        return role, moment
        return None

    def over(self, role: str, since: datetime) -> datetime | None:
        """Give when an alarm was first not in ALARM any more after a moment; None if it still is."""
        for moment, states in self.moments:
            if moment > since and states.get(role) != ALARM:
                return moment
        return None
