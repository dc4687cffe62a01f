"""What the clients counted: the truth that rows and bills are held against. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]


@dataclass
class Usage:
    """What one tenant has used, as its clients saw it.

    Attributes:
        calls: billable requests: answered with 2xx or 3xx, on a route that is charged.
        response_bytes: of their bodies.
        users: numbers of the users who made them.
        events: usage events accepted, each id once.
        tokens: the sum of their values.
        token_events: how many of them had such a value.
    """

    calls: int = 0
    response_bytes: int = 0
    users: set[int] = field(default_factory=set)
    events: int = 0
    tokens: int = 0
    token_events: int = 0

    def add(self, other: "Usage") -> None:
        """Count another's, too."""
        self.calls += other.calls
        self.response_bytes += other.response_bytes
        self.users |= other.users
        self.events += other.events
        self.tokens += other.tokens
        self.token_events += other.token_events


@dataclass
class Tally:
    """What clients did, and what they were answered.

    Attributes:
        usage: by tenant.
        statuses: answers by HTTP status.
        unanswered: requests without an answer.
        rejected: events that were refused for good.
        pending: events that are not accepted yet, by tenant: they are sent again.
    """

    usage: dict[str, Usage] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    rejected: int = 0
    pending: dict[str, list[Event]] = field(default_factory=dict)

    @property
    def answered(self) -> int:
        """How many requests were answered."""
        return self.statuses.total()

    @property
    def waiting(self) -> int:
        """How many events are not accepted yet."""
        return sum(len(events) for events in self.pending.values())

    def of(self, tenant: str) -> Usage:
        """Give a tenant's usage, to be added to."""
        return self.usage.setdefault(tenant, Usage())

    def add(self, others: Iterable["Tally"]) -> None:
        """Count others', too; what waits is theirs from now on."""
        self.pending = {}
        for other in others:
            for tenant, usage in other.usage.items():
                self.of(tenant).add(usage)
            self.statuses.update(other.statuses)
            self.unanswered += other.unanswered
            self.rejected += other.rejected
            for tenant, events in other.pending.items():
                self.pending.setdefault(tenant, []).extend(events)
