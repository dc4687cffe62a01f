"""Behind every line of an invoice, in the embedded AWS: usage by day and dimension, and rows, that add up to it."""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

import pytest

from customer.answering import for_tenant
from customer.lines import LineAnswers
from customer.parts import connect_lines
from embedded_aws.server import EmbeddedAws
from metering.records import TABLES
from tests.embedded.athena_kit import Lake
from tests.embedded.billing_kit import Billing
from tests.embedded.gateway_kit import request
from tests.embedded.lines_kit import CATALOG, METERS, OTHER, TENANT, events, requests, shown
from usage import largest

pytestmark = pytest.mark.soak

EPOCH_MS = 1775000000000


@dataclass
class Shop:
    """A billed month, and the API of its customers."""

    billing: Billing
    api: LineAnswers

    def get(self, tenant_id: str, number: str, line: object, *, rows: bool = False, **headers: str) -> dict[str, Any]:
        claims = {"claims": {"custom:tenant_id": tenant_id}}
        event = {
            "pathParameters": {"number": number, "line": str(line)},
            "headers": {name.replace("_", "-"): value for name, value in headers.items()},
            "requestContext": {"requestTimeEpoch": EPOCH_MS, "authorizer": claims},
        }
        return for_tenant(event, self.api.rows if rows else self.api.usage)

    def document(self, tenant_id: str) -> dict[str, Any]:
        [invoice] = self.billing.parts.store.tenant(tenant_id).invoices
        return self.billing.parts.documents.document(invoice.location)


@pytest.fixture(scope="module")
def shop(aws: EmbeddedAws) -> Shop:
    billing = Billing(aws, CATALOG, Lake.make(aws, "lines"))
    billing.account(TENANT, ("team", "2026-09-01", "2026-09-11"), ("pro", "2026-09-11", None))
    billing.account(OTHER, ("lite", "2026-09-01", None))
    names = json.loads(billing.environment()["TABLE_NAMES"])
    billing.lake.append(requests(), names["api-requests"])
    billing.lake.append(events(), names["usage-events"])
    billing.run("2026-10-04T06:00:00Z")
    return Shop(billing, connect_lines(billing.environment(), aws.session()))


@pytest.mark.parametrize(("tenant_id", "charged"), [(TENANT, 2 * len(METERS)), (OTHER, 2)])
def test_behind_every_line_is_what_it_charges(shop: Shop, tenant_id: str, charged: int) -> None:
    document = shop.document(tenant_id)
    number, seen = document["number"], []
    for place, line in enumerate(document["lines"], start=1):
        if line["meter"] is None:
            assert shop.get(tenant_id, number, place)["statusCode"] == 404
            continue
        meter = METERS[line["meter"]]
        link = json.loads(shop.get(tenant_id, number, place, rows=True)["body"])
        answer = request(link["url"])
        assert (answer.status, len(answer.body), answer.headers["content-disposition"]) == (
            200,
            link["bytes"],
            f'attachment; filename="{number}-line-{place}.csv"',
        )
        text = answer.body.decode()
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        table = TABLES[meter.get("table", "api-requests")]
        assert text.split("\n")[0] == ",".join(f'"{column.name}"' for column in table.columns)
        assert {row["tenant_id"] for row in rows} <= {tenant_id}
        keys = [(row[table.time], *(row[name] for name in table.key)) for row in rows]
        assert keys == sorted(set(keys))
        told = json.loads(shop.get(tenant_id, number, place)["body"])
        assert told == {
            "number": number,
            "line": place,
            **{name: line[name] for name in ("key", "meter", "description", "unit")},
            "aggregation": meter["aggregation"],
            **shown(meter, rows),
            "dimensions_omitted": 0,
            "rows": f"/invoices/{number}/lines/{place}/rows",
        }
        assert told["quantity"] == line["quantity"]
        assert len(rows) == sum(group["events"] for group in line["groups"]) or not line["groups"]
        seen.append((line["segment"], line["meter"], len(rows)))
    assert len({(segment, meter) for segment, meter, _ in seen}) == charged
    assert all(count for *_, count in seen)


def test_of_too_many_groups_the_largest_are_shown(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    document = shop.document(TENANT)
    place = next(place for place, line in enumerate(document["lines"], start=1) if line["meter"] == "calls")
    whole = json.loads(shop.get(TENANT, document["number"], place)["body"])
    assert len(whole["by_dimension"]) == 6
    monkeypatch.setattr(largest, "MOST_GROUPS", 2)
    shown = json.loads(shop.get(TENANT, document["number"], place)["body"])
    assert shown == {**whole, "by_dimension": whole["by_dimension"][:2], "dimensions_omitted": 4}


def test_another_tenants_line_is_one_that_there_is_not(shop: Shop) -> None:
    number = shop.document(OTHER)["number"]
    for rows in (False, True):
        answer = shop.get(TENANT, number, 2, rows=rows)
        assert answer["statusCode"] == 404
        assert answer == shop.get(TENANT, "INV-2026-999999", 2, rows=rows)
        assert shop.get(OTHER, number, 2, rows=rows)["statusCode"] == 200


def test_a_page_seen_again_costs_no_query(shop: Shop) -> None:
    number, athena = shop.document(OTHER)["number"], shop.billing.lake.client("athena")
    first = shop.get(OTHER, number, 3)
    before = athena.list_query_executions(WorkGroup=shop.billing.lake.workgroup)["QueryExecutionIds"]
    again = shop.get(OTHER, number, 3, If_None_Match=first["headers"]["ETag"])
    assert (again["statusCode"], again["body"]) == (304, "")
    assert athena.list_query_executions(WorkGroup=shop.billing.lake.workgroup)["QueryExecutionIds"] == before


def test_an_answer_that_was_deleted_is_made_again(shop: Shop) -> None:
    number, s3 = shop.document(OTHER)["number"], shop.billing.lake.client("s3")
    first = json.loads(shop.get(OTHER, number, 3, rows=True)["body"])
    key = first["url"].split("?")[0].split(f"/{shop.billing.lake.results}/")[1]
    content = request(first["url"]).body
    s3.delete_object(Bucket=shop.billing.lake.results, Key=key)
    assert request(first["url"]).status == 404
    assert request(json.loads(shop.get(OTHER, number, 3, rows=True)["body"])["url"]).body == content
