"""The deployed routes to invoices: the role of each function permits what its answers take, for the tenant alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from billing.records import InvoiceRecord
from invoicing.document import draft_document, finalized
from invoicing.keys import catalog_key, final_stem
from metering.records import API_REQUESTS, USAGE_EVENTS
from rating.account import Customer, Subscription
from rating.bill import rate_bill
from rating.period import Period
from rating.terms import segments_of
from tests.embedded.gateway_kit import Response, request
from tools.billing.stack import BillingStack
from tools.outputs import StackOutputs
from tools.people import signed_in
from usage.evidence import Evidence

TENANT, OTHER, NUMBER = "routes", "routes-other", "INV-2025-000001"
PERIOD = Period(2025, 2)
"""A month of which there are no rows."""
CUTOFF = datetime(2025, 3, 3, tzinfo=UTC)
CUSTOMER = Customer("Customer Ltd", "in@customer.example", ("2 Street",), None, None, None, reverse_charge=False)


@dataclass
class Caller:
    """Users of two tenants, before the deployed API; the first has an invoice."""

    url: str
    tokens: dict[str, str]
    document: dict[str, Any]

    def get(self, path: str, tenant_id: str | None = TENANT, **headers: str) -> Response:
        return request(f"{self.url}{path}", token=self.tokens[tenant_id] if tenant_id else None, **headers)


@pytest.fixture(scope="module")
def caller(outputs: StackOutputs) -> Iterator[Caller]:
    stack = BillingStack(outputs)
    parts, catalog = stack.parts, stack.catalog
    parts.documents.write_once(catalog_key(catalog.digest), catalog.raw)
    segments = segments_of(catalog, [Subscription("team", PERIOD.first_day)], PERIOD)
    draft = draft_document(
        tenant_id=TENANT,
        period=PERIOD,
        revision=1,
        customer=CUSTOMER,
        seller={"legal_name": "Seller Ltd", "address": ["1 Road"], "tax_id": None, "email": None},
        bill=rate_bill(catalog, PERIOD, segments, {}),
        adjustments=[],
        evidence=Evidence.total([]).to_json(),
        cutoff=CUTOFF,
        reconciliation="not reconciled",
        catalog_digest=catalog.digest,
        payment_terms_days=14,
        query_ids=[],
    )
    document = finalized({**draft, "tax": {"rate": "0", "reverse_charge": False}}, NUMBER, date(2025, 3, 4))
    stem = final_stem(PERIOD, TENANT, NUMBER)
    retained = datetime.now(UTC).replace(year=datetime.now(UTC).year + 1, day=1)
    parts.documents.write_final(stem, document, lock_mode="GOVERNANCE", retain_until=retained)
    record = InvoiceRecord(
        TENANT, NUMBER, PERIOD, 1, "finalized", document["cutoff"], "USD", document["total"], stem, "2025-03-04"
    )
    parts.store.invoices.put(record.to_item())
    with signed_in(outputs, (TENANT, OTHER), 1, "routes") as users:
        yield Caller(outputs.rest_api_url, {user.tenant: user.id_token for user in users}, document)


def test_the_list_and_each_form_of_a_document(caller: Caller) -> None:
    [listed] = caller.get("/invoices").body["invoices"]
    assert (listed["number"], listed["total"]) == (NUMBER, caller.document["total"])
    answer = caller.get(f"/invoices/{NUMBER}")
    assert (answer.status, answer.body) == (200, caller.document)
    again = caller.get(f"/invoices/{NUMBER}", If_None_Match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    for accept, content_type in (("text/html", "text/html; charset=utf-8"), ("text/csv", "text/csv; charset=utf-8")):
        answer = caller.get(f"/invoices/{NUMBER}", Accept=accept)
        assert (answer.status, answer.headers["content-type"][: len(content_type)]) == (200, content_type)
        assert NUMBER.encode() in answer.body


def test_behind_a_line_of_each_table(caller: Caller) -> None:
    places = {line["meter"]: place for place, line in enumerate(caller.document["lines"], start=1)}
    for meter, table in (("api_calls", API_REQUESTS), ("tokens", USAGE_EVENTS)):
        path = f"/invoices/{NUMBER}/lines/{places[meter]}"
        answer = caller.get(path)
        assert (answer.status, answer.body["quantity"], answer.body["rows"]) == (200, "0", f"{path}/rows")
        link = caller.get(f"{path}/rows")
        assert link.status == 200
        rows = request(link.body["url"])
        header = ",".join(f'"{column.name}"' for column in table.columns)
        assert (rows.status, rows.body.decode(), link.body["bytes"]) == (200, f"{header}\n", len(rows.body))


def test_what_another_tenant_has_is_not_there_and_what_is_gone_is_told(caller: Caller, outputs: StackOutputs) -> None:
    assert caller.get("/invoices", OTHER).body == {"invoices": [], "next": None}
    for path in ("", "/lines/2", "/lines/2/rows"):
        theirs = caller.get(f"/invoices/{NUMBER}{path}", OTHER)
        assert theirs.status == 404
        assert theirs.body == caller.get(f"/invoices/INV-2025-999999{path}", OTHER).body
        assert caller.get(f"/invoices/{NUMBER}{path}", None).status == 401
    s3, key = outputs.session().client("s3"), f"{final_stem(PERIOD, TENANT, NUMBER)}.csv"
    marker = s3.delete_object(Bucket=outputs.invoice_bucket_name, Key=key)["VersionId"]
    answer = caller.get(f"/invoices/{NUMBER}", Accept="text/csv")
    assert (answer.status, answer.body["detail"]) == (
        503,
        "an object that this is made of is not where it must be",
    )
    s3.delete_object(Bucket=outputs.invoice_bucket_name, Key=key, VersionId=marker)
    assert caller.get(f"/invoices/{NUMBER}", Accept="text/csv").status == 200
