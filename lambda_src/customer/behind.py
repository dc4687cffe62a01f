"""From a line of an invoice to what was counted for it, by what the invoice itself says and nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from billing.catalogs import Catalogs
from billing.documents import Documents
from billing.moments import parse_moment
from billing.records import InvoiceRecord
from customer.ledger import Ledger
from rating.catalog import Meter
from rating.terms import parse_segments
from usage.lines import LineScope

_PLACE = re.compile(r"[1-9][0-9]{0,5}")


class NoSuchInvoiceError(LookupError):
    """The tenant has no document of that number."""


class NoSuchLineError(LookupError):
    """The tenant's document has no such line, or none with usage behind it; the message is for the customer."""


@dataclass(frozen=True)
class Behind:
    """A line of an invoice with usage behind it."""

    number: str
    """Of the invoice."""
    place: int
    """Of the line in the document, from 1."""
    line: Mapping[str, Any]
    """As the document has it."""
    meter: Meter
    """As the catalog had it by which the invoice was made."""
    scope: LineScope
    """Which rows count."""

    @property
    def path(self) -> str:
        """The line's path in the API."""
        return f"/invoices/{self.number}/lines/{self.place}"


@dataclass(frozen=True)
class Lines:
    """The lines of tenants' invoices.

    The document has the line's meter, its segment, the cutoff and the digest of the catalog; the catalog of that digest
    has the meter's definition and the duplicate window. Both are kept for good, so the answer is always the same.
    """

    ledger: Ledger
    documents: Documents
    catalogs: Catalogs

    def find(self, tenant_id: str, number: str, place: str) -> Behind:
        """Return a line of a tenant's invoice.

        Args:
            tenant_id: whose invoice it is.
            number: of the invoice, as the caller wrote it.
            place: of the line, from 1, as the caller wrote it.

        Raises:
            NoSuchInvoiceError: the tenant has no such document.
            NoSuchLineError: it has no such line, or nothing was measured for the line.
            billing.documents.MissingObjectError: document or catalog are not in the bucket.
            billing.catalogs.CatalogChangedError: the catalog is not the one that it was.
        """
        record = self.ledger.find(tenant_id, number)
        if record is None:
            raise NoSuchInvoiceError
        if not isinstance(record, InvoiceRecord):
            raise NoSuchLineError(
                f"a credit note takes back the lines of its invoice: ask for those of {record.invoice}"
            )
        document = self.documents.document(record.location)
        lines = document["lines"]
        if not _PLACE.fullmatch(place) or int(place) > len(lines):
            raise NoSuchLineError(f"line must be a whole number from 1 to {len(lines)}, got {place!r:.40}")
        line = lines[int(place) - 1]
        if line["meter"] is None:
            raise NoSuchLineError(f"line {place} has no usage behind it: it is of the kind {line['kind']}")
        return Behind(number, int(place), line, *self._counted(document, line))

    def _counted(self, document: Mapping[str, Any], line: Mapping[str, Any]) -> tuple[Meter, LineScope]:
        catalog = self.catalogs.get(document["catalog"])
        meter = catalog.meters[line["meter"]]
        [segment] = [one for one in parse_segments(document["terms"]) if one.index == line["segment"]]
        scope = LineScope(
            tenant_id=document["tenant_id"],
            start=segment.start,
            end=segment.end,
            cutoff=parse_moment(document["cutoff"], "cutoff"),
            duplicate_window_days=catalog.duplicate_window_days,
        )
        return meter, scope
