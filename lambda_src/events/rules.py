"""Which events are taken: those that some meter counts, with quantities that it can count, of a time that can be."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Self

from cloud_events import CloudEvent, show, time_text
from events.quantities import QuantityError, check, quantities_of
from metering.failure import Reason
from metering.records import TABLES, USAGE_EVENTS
from rating.catalog import Meter, parse_catalog

AHEAD = timedelta(minutes=5)
"""How far a sender's clock may be ahead."""


class RefusedError(ValueError):
    """A valid CloudEvent is no usage event; the message names the thing, the rule and the value."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Rules:
    """What the meters over usage events demand.

    Args:
        meters: of a catalog; those over other tables do not matter.
    """

    def __init__(self, meters: Iterable[Meter]) -> None:
        counted = sorted((meter for meter in meters if meter.table == USAGE_EVENTS.role), key=lambda meter: meter.name)
        self.meters = tuple(meter.name for meter in counted)
        """Names of the meters over usage events, sorted."""
        self._quantities = {
            event_type: quantities_of(meter for meter in counted if meter.event_type == event_type)
            for event_type in sorted(str(meter.event_type) for meter in counted)
        }

    @classmethod
    def of(cls, catalog: Any) -> Self:
        """Return the rules of a catalog.

        Args:
            catalog: as JSON values.

        Raises:
            rating.form.FormError: it is no catalog.
        """
        return cls(parse_catalog(catalog, TABLES).meters.values())

    def check(self, event: CloudEvent, time: datetime, now: datetime) -> None:
        """See to it that an event can be counted.

        Args:
            event: valid as a CloudEvent.
            time: at which it is counted.
            now: when it came, by the only clock that there is.

        Raises:
            RefusedError: it cannot.
        """
        quantities = self._quantities.get(event.type)
        if quantities is None:
            known = ", ".join(self._quantities) or "none"
            rule = f"type must be one that a meter counts ({known})"
            raise RefusedError(Reason.UNKNOWN_EVENT_TYPE, f"{rule}, got {show(event.type)}")
        if time > now + AHEAD:
            rule = f"time must not be more than 5 minutes after {time_text(now)}, when the event came"
            raise RefusedError(Reason.TIME_AHEAD, f"{rule}, got {time_text(time)}")
        try:
            check(quantities, event.data)
        except QuantityError as error:
            raise RefusedError(Reason.BAD_QUANTITY, str(error)) from None
