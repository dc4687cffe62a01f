"""The items of the invoices table, each as a typed record. All times are texts as of `billing.moments`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self

from rating.period import Period

TENANT = "TENANT#"
PERIODS, FINAL, CURRENT, NUMBERS, HOLDS, OUTBOX = "PERIODS", "FINAL", "CURRENT", "NUMBERS", "HOLDS", "OUTBOX#"
BILL, INVOICE, CREDIT_NOTE = "BILL#", "INVOICE#", "CREDIT_NOTE#"

Stage = Literal["rate", "issue"]
Outcome = Literal["issue", "held", "skip", "failed"]


@dataclass(frozen=True)
class Record:
    """What all records have in common: fields are attributes, `None` is an absent one."""

    @property
    def key(self) -> tuple[str, str]:
        """Partition and sort key."""
        raise NotImplementedError

    def to_item(self) -> dict[str, Any]:
        """Return the item."""
        pk, sk = self.key
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {"pk": pk, "sk": sk, **{name: _plain(value) for name, value in values.items() if value is not None}}

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """Return the record of an item."""
        known = {one.name for one in fields(cls)}
        values = {name: value for name, value in item.items() if name in known}
        if "period" in values:
            values["period"] = Period.parse(values["period"])
        if "adjusts" in values:
            values["adjusts"] = tuple(Period.parse(text) for text in values["adjusts"])
        return cls(**values)


@dataclass(frozen=True)
class Head(Record):
    """What a tenant's bill of a period is at present."""

    tenant_id: str
    period: Period
    state: Literal["draft", "finalized", "skipped", "void"]
    revision: int
    """1, and one more for each time that it is made anew after a void."""
    run: str
    as_of: str
    cutoff: str
    catalog: str
    """Digest of the catalog whose terms hold; frozen once the bill is no draft any more."""
    segments: list[dict[str, Any]]
    """The terms, as of `rating.terms.Segment.to_json`."""
    currency: str | None = None
    total: str | None = None
    number: str | None = None
    location: str | None = None
    """Stem of the document's keys in the invoice bucket; None if there is no document."""
    etags: dict[str, str] | None = None
    """Of a draft's objects, by form: whoever writes them next says which ones it means."""

    @property
    def key(self) -> tuple[str, str]:
        """Partition and sort key."""
        return TENANT + self.tenant_id, f"{BILL}{self.period}"

    @property
    def is_settled(self) -> bool:
        """Whether the terms are frozen and later usage becomes an adjustment."""
        return self.state in {"finalized", "skipped"}


@dataclass(frozen=True)
class InvoiceRecord(Record):
    """A numbered invoice."""

    tenant_id: str
    number: str
    period: Period
    revision: int
    state: Literal["finalized", "void"]
    cutoff: str
    currency: str
    total: str
    location: str
    issue_date: str
    adjusts: tuple[Period, ...] = ()
    """Earlier periods of which it bills a difference."""
    credit_note: str | None = None
    void: dict[str, str] | None = None
    """`{"at", "by", "reason"}`."""

    @property
    def key(self) -> tuple[str, str]:
        """Partition and sort key."""
        return TENANT + self.tenant_id, INVOICE + self.number


@dataclass(frozen=True)
class CreditNoteRecord(Record):
    """A numbered credit note."""

    tenant_id: str
    number: str
    invoice: str
    period: Period
    issue_date: str
    reason: str
    location: str

    @property
    def key(self) -> tuple[str, str]:
        """Partition and sort key."""
        return TENANT + self.tenant_id, CREDIT_NOTE + self.number


@dataclass(frozen=True)
class PeriodRecord(Record):
    """How far a period is billed."""

    period: Period
    state: Literal["open", "closed"]
    cutoff: str | None = None
    """Of its first final run; None before that."""
    tried: str | None = None
    """Time of its last final run that came to its end."""
    issued: int = 0
    left: int = 0
    """Tenants that the last final run could not bill: held, or failed."""

    @property
    def key(self) -> tuple[str, str]:
        """Partition and sort key."""
        return PERIODS, str(self.period)


@dataclass(frozen=True)
class FinalRun(Record):
    """The one final run in flight, or the last one: the lock that serializes numbers and adjustments."""

    run_id: str
    period: Period
    run_time: str
    cutoff: str
    order: str
    """Run time and period: a run may be replaced by none but a later one."""
    state: Literal["rating", "numbered", "done"]
    attempt: str | None = None
    """The attempt whose candidates are issued; set with the numbers."""
    block: dict[str, Any] | None = None
    """Its numbers: `{"prefix", "year", "first", "count"}`."""
    left: int = 0
    continue_at: str | None = None
    """The time for which the planner is to be called for the next due period; gone once it was."""

    @property
    def key(self) -> tuple[str, str]:
        """Partition and sort key."""
        return FINAL, CURRENT


@dataclass(frozen=True)
class Attempt(Record):
    """How far one try at a stage of a run is."""

    run_id: str
    attempt: str
    stage: Stage
    batches: int | None = None
    """How many there are; None until all are sent."""
    refused: int = 0
    """Tenants that could not be put into a batch."""
    done: frozenset[int] = field(default_factory=frozenset)
    """Numbers of the batches that are done."""

    @property
    def key(self) -> tuple[str, str]:
        """Partition and sort key."""
        return f"RUN#{self.run_id}", f"ATTEMPT#{self.attempt}#{self.stage}"

    @property
    def is_complete(self) -> bool:
        """Whether every batch is done."""
        return self.batches is not None and len(self.done) == self.batches


@dataclass(frozen=True)
class Candidate(Record):
    """What an attempt of a final run found for a tenant; written once, never changed."""

    run_id: str
    attempt: str
    shard: str
    tenant_id: str
    outcome: Outcome
    revision: int
    reason: str | None = None
    location: str | None = None
    """Key of the proposed document; None if there is none."""
    expires: int | None = None
    """Seconds since 1970 after which nobody needs it: the table's time to live."""

    @property
    def key(self) -> tuple[str, str]:
        """Partition and sort key."""
        return f"RUN#{self.run_id}#{self.attempt}#{self.shard}", self.tenant_id


@dataclass(frozen=True)
class Event(Record):
    """A transition to be told to the world: an item of the outbox until it is published."""

    shard: str
    id: str
    """Stable: the same transition has the same id, however often it is published."""
    detail_type: Literal["invoice.drafted", "invoice.finalized", "invoice.voided", "usage.limit_reached"]
    detail: dict[str, Any]

    @property
    def key(self) -> tuple[str, str]:
        """Partition and sort key."""
        return OUTBOX + self.shard, self.id


@dataclass(frozen=True)
class Hold(Record):
    """What keeps a tenant's bills, or a whole period, from being finalized."""

    subject: str
    """`TENANT#<tenant>` or `PERIOD#<period>`."""
    by: str
    reason: str
    at: str

    @property
    def key(self) -> tuple[str, str]:
        """Partition and sort key."""
        return HOLDS, self.subject


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, Period) else value
