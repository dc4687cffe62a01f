"""What alarms said when, and which of them saw which fault. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tools.chaos.plan import API, Kind, Planned

ALARM = "ALARM"
BY_RECONCILIATION = frozenset({Kind.DUPLICATE})
"""Faults that do no harm, since a key counts once: no alarm goes off, and the reconciliation explains the rows."""

_TRANSFORM = ("transform-failures", "transform-errors", "transform-duration")
_ROLES: dict[Kind, tuple[str, ...]] = {
    Kind.CRASH: _TRANSFORM,
    Kind.TIMEOUT: _TRANSFORM,
    Kind.NONSENSE: _TRANSFORM,
    Kind.KILL: _TRANSFORM,
    Kind.NO_INVOKE: ("transform-failures",),
    Kind.NO_TABLE: ("failed-rows",),
    Kind.COMMIT: ("failed-rows",),
    Kind.BUCKET: ("freshness", "missing"),
    Kind.THROTTLE: ("throttled",),
    Kind.HOLD: ("freshness", "missing"),
    Kind.API_KILL: ("api-5xx",),
    Kind.EVENTS_KILL: ("api-5xx",),
}


def alarms_of(fault: Planned) -> tuple[str, ...]:
    """Give the roles of the alarms that are there for a fault; none if it does no harm."""
    roles = _ROLES.get(fault.kind, ())
    return roles if fault.where == API else tuple(f"{fault.where}-{role}" for role in roles)


@dataclass
class Timeline:
    """The alarms' states by role, evaluation by evaluation."""

    moments: list[tuple[datetime, Mapping[str, str]]] = field(default_factory=list)

    def add(self, moment: datetime, states: Mapping[str, str]) -> None:
        """Note an evaluation; they come in order."""
        self.moments.append((moment, dict(states)))

    def first_alarm(self, roles: Iterable[str], since: datetime) -> tuple[str, datetime] | None:
        """Give the first of some alarms that was in ALARM at or after a moment, and when."""
        wanted = list(roles)
        for moment, states in self.moments:
            if moment >= since:
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
