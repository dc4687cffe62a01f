"""What a call of the reconciler asks for. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from billing.moments import moment_text, parse_moment
from rating.period import Period
from reconciliation.hours import Window, hour_after, hour_of

LONGEST_DAYS = 100
"""How many days one call may look at."""

_FORMS = ({"scheduled_time"}, {"scheduled_time", "period"}, {"scheduled_time", "from", "to"})


class RequestError(ValueError):
    """The reconciler's event is not one that it knows, or asks for hours that it cannot look at."""


@dataclass(frozen=True)
class Request:
    """One call of the reconciler."""

    now: datetime
    """The run's time: the only clock that there is."""
    period: Period | None = None
    """This period, as far as it is over."""
    window: Window | None = None
    """Just these hours; None for what the hourly run looks at."""

    @property
    def closed(self) -> datetime:
        """The end of the last hour that is over."""
        return hour_of(self.now)

    @classmethod
    def parse(cls, event: Any) -> Self:
        """Return the request that an event stands for.

        Raises:
            RequestError: it stands for none, or no hour that it asks for is over.
        """
        if not isinstance(event, Mapping):
            raise RequestError(f"event must be an object, got {type(event).__name__}")
        if set(event) not in _FORMS:
            forms = "; or ".join(", ".join(sorted(form)) for form in _FORMS)
            raise RequestError(f"event must have just the keys {forms}, got {', '.join(sorted(map(str, event)))}")
        try:
            now = parse_moment(event["scheduled_time"], "scheduled_time")
            period = Period.parse(event["period"]) if "period" in event else None
            start, end = (parse_moment(event.get(name, event["scheduled_time"]), name) for name in ("from", "to"))
        except (TypeError, ValueError) as error:
            raise RequestError(str(error)) from error
        if "from" in event:
            return cls(now, None, _window(hour_of(start), hour_after(end), now))
        return cls(now) if period is None else cls(now, period, _window(period.start, period.end, now))


def _window(start: datetime, end: datetime, now: datetime) -> Window:
    window = Window(start, min(end, hour_of(now)))
    told = f"hours from {moment_text(start)} to {moment_text(end)}"
    if not len(window):
        raise RequestError(f"{told}: the first must be over at {moment_text(now)}")
    if len(window) > LONGEST_DAYS * 24:
        raise RequestError(f"{told}: must be at most {LONGEST_DAYS} days")
    return window
