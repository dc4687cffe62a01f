"""What the planner hands to the workers: a run, and batches of tenants with their terms and usage, as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

from billing.moments import moment_text, parse_moment
from rating.period import Period
from rating.terms import Segment, parse_segments
from usage.forms import usage_from_json, usage_to_json
from usage.results import TenantUsage

TENANTS_PER_BATCH = 50

LONGEST_TENANT_ID = 256
"""Bytes of UTF-8: percent-encoded it must fit into a key of S3."""


def is_fit_for_keys(tenant_id: str) -> bool:
    """Tell whether bills can be kept under a tenant's id."""
    return 1 <= len(tenant_id.encode()) <= LONGEST_TENANT_ID


@dataclass(frozen=True)
class Run:
    """One run over all tenants of a period."""

    run_id: str
    kind: Literal["draft", "final"]
    period: Period
    as_of: datetime
    """The run's time."""
    cutoff: datetime
    """Rows ingested at this moment or later do not count."""
    catalog: str
    """Digest of the catalog that held when the run began."""
    reconciliation: str
    """State of the period's reconciliation, in words."""
    open_hours: int
    """Hours that keep the period from being finalized."""
    earlier: tuple[Period, ...] = ()
    """Earlier periods that had a final run and are open: a tenant's adjustments stand on the first it is due for."""

    @property
    def as_of_text(self) -> str:
        """The run's time as text."""
        return moment_text(self.as_of)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {
            "run_id": self.run_id,
            "kind": self.kind,
            "period": str(self.period),
            "as_of": self.as_of_text,
            "cutoff": moment_text(self.cutoff),
            "catalog": self.catalog,
            "reconciliation": self.reconciliation,
            "open_hours": self.open_hours,
            "earlier": [str(period) for period in self.earlier],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` made."""
        return cls(
            value["run_id"],
            value["kind"],
            Period.parse(value["period"]),
            parse_moment(value["as_of"]),
            parse_moment(value["cutoff"]),
            value["catalog"],
            value["reconciliation"],
            value["open_hours"],
            tuple(Period.parse(text) for text in value["earlier"]),
        )


@dataclass(frozen=True)
class LateUsage:
    """All that is known now of a settled period in which a tenant has rows that came late."""

    period: Period
    catalog: str
    """Digest of the catalog in which the segments' plans are."""
    segments: tuple[Segment, ...]
    """The frozen terms; today's if the tenant had no bill of the period."""
    number: str | None
    """Of the period's invoice; None if it had none."""
    is_billed: bool
    """Whether the tenant had a bill of the period, be it one that was skipped."""
    usage: TenantUsage
    query_ids: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {
            "period": str(self.period),
            "catalog": self.catalog,
            "segments": [segment.to_json() for segment in self.segments],
            "number": self.number,
            "is_billed": self.is_billed,
            "usage": usage_to_json(self.usage),
            "query_ids": list(self.query_ids),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` made."""
        return cls(
            Period.parse(value["period"]),
            value["catalog"],
            parse_segments(value["segments"]),
            value["number"],
            value["is_billed"],
            usage_from_json(value["usage"]),
            tuple(value["query_ids"]),
        )


@dataclass(frozen=True)
class TenantInput:
    """One tenant of a run, as the planner found it: the account is a snapshot, so that all tries rate the same."""

    tenant_id: str
    account: Mapping[str, Any] | None
    """As of `rating.account.Account.to_json`; None if the tenant has none."""
    segments: tuple[Segment, ...]
    """The period's terms; none if no plan holds on any day."""
    usage: TenantUsage | None
    """By segment; None if there are no rows."""
    late: tuple[LateUsage, ...]
    query_ids: tuple[str, ...]
    """Of the queries that measured the usage."""
    fault: str | None = None
    """Why the tenant cannot be billed, if the planner knows."""

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {
            "tenant_id": self.tenant_id,
            "account": self.account,
            "segments": [segment.to_json() for segment in self.segments],
            "usage": None if self.usage is None else usage_to_json(self.usage),
            "late": [late.to_json() for late in self.late],
            "query_ids": list(self.query_ids),
            "fault": self.fault,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` made."""
        return cls(
            value["tenant_id"],
            value["account"],
            parse_segments(value["segments"]),
            None if value["usage"] is None else usage_from_json(value["usage"]),
            tuple(map(LateUsage.from_json, value["late"])),
            tuple(value["query_ids"]),
            value["fault"],
        )
