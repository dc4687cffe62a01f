"""What became of events."""

from dataclasses import dataclass

from metering_client.event import Event

_SHOWN = 3


@dataclass(frozen=True)
class Rejected:
    """An event that is refused for good, and why; it is not in the buffer any more."""

    event: Event
    reason: str


@dataclass(frozen=True)
class Report:
    """What became of the events that were recorded since the last report."""

    accepted: int
    """Events that are stored."""
    rejected: tuple[Rejected, ...] = ()
    """Events that were refused for good."""
    pending: int = 0
    """Events that are still in the buffer: the next flush sends them, with the same ids."""
    problem: str | None = None
    """Why they could not be sent."""

    @property
    def is_complete(self) -> bool:
        """Whether every event was accepted."""
        return not self.rejected and not self.pending


class NotDeliveredError(RuntimeError):
    """A block ended with events that are not accepted; `report` says what became of them."""

    def __init__(self, report: Report) -> None:
        self.report = report
        reasons = [f"{one.event.source} {one.event.id}: {one.reason}" for one in report.rejected[:_SHOWN]]
        more = ["…"] if len(report.rejected) > _SHOWN else []
        pending = [f"{report.pending} not sent: {report.problem}"] if report.pending else []
        super().__init__(
            f"{report.accepted} events accepted, {len(report.rejected)} rejected, {report.pending} not sent ("
            + "; ".join([*reasons, *more, *pending])
            + ")"
        )
