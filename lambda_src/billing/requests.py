"""What the planner is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from billing.moments import parse_moment
from rating.period import Period

_KEYS = {"scheduled_time", "as_of", "dry_run", "tenants", "period", "continued"}


class RequestError(ValueError):
    """The planner's event is not one that it knows."""


@dataclass(frozen=True)
class Request:
    """One call of the planner."""

    now: datetime
    """The run's time: the only clock that there is."""
    dry_run: bool = False
    """Whether nothing is written and the bills are returned."""
    tenants: frozenset[str] | None = None
    """Just these tenants, drafts only."""
    period: Period | None = None
    """Just this period, drafts only."""
    continued: bool = False
    """Whether a final run has ended, and the next due period is to follow; drafts are made already."""

    @property
    def is_partial(self) -> bool:
        """Whether not all tenants and periods are wanted: nothing is finalized then."""
        return self.tenants is not None or self.period is not None

    @classmethod
    def parse(cls, event: Any) -> Self:
        """Return the request that an event stands for.

        Raises:
            RequestError: it stands for none.
        """
        if not isinstance(event, Mapping):
            raise RequestError(f"event must be an object, got {type(event).__name__}")
        if unknown := sorted(set(event) - _KEYS):
            raise RequestError(f"event must have no other keys than {', '.join(sorted(_KEYS))}, got {unknown[0]!r}")
        if ("scheduled_time" in event) == ("as_of" in event):
            raise RequestError("event must have either scheduled_time or as_of")
        tenants, period = event.get("tenants"), event.get("period")
        if tenants is not None and not (
            isinstance(tenants, list) and tenants and all(isinstance(one, str) for one in tenants)
        ):
            raise RequestError(f"tenants must be a list of at least one id, got {tenants!r}")
        try:
            now = parse_moment(event.get("scheduled_time", event.get("as_of")), "time of the run")
            month = None if period is None else Period.parse(period)
        except (TypeError, ValueError) as error:
            raise RequestError(str(error)) from error
        flags = {name: event.get(name, False) for name in ("dry_run", "continued")}
        for name, flag in flags.items():
            if not isinstance(flag, bool):
                raise RequestError(f"{name} must be true or false, got {flag!r}")
        return cls(now, tenants=None if tenants is None else frozenset(tenants), period=month, **flags)
