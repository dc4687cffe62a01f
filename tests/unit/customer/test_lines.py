"""`GET /invoices/{number}/lines/{line}` and its `/rows`, over billing and Athena in memory."""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from billing.catalogs import Catalogs
from customer.answering import for_tenant
from customer.behind import Lines
from customer.downloads import Downloads
from customer.ledger import Ledger
from customer.lines import LineAnswers
from customer.statements import Statements
from handlers import customer_lines
from invoicing.keys import catalog_key
from tests.unit.billing.world import World
from tests.unit.customer.customer_kit import FakeSigner, event, problem_of, void
from tests.unit.customer.fake_athena import FakeAthena
from usage.lines import LineScope, line_query, rows_query
from usage.sql import TableName

NUMBER = "INV-2026-000001"
TABLE = TableName("catalog", "database", "requests", "api-requests", tombstones="tombstones")
FIVE = (
    b'"all_groups","all_days","day","quantity_api_calls","events_api_calls","groups"\n"1","1",,"5","5","0"\n'
    b'"1","0","2026-09-03","3","3","0"\n"1","0","2026-09-10","2","2","0"\n'
)
RESOURCE = "/invoices/{number}/lines/{line}"


@pytest.fixture(scope="module")
def world() -> World:
    """September of acme, whose plan changes on the 11th; and other's. Lines: fee and calls of each segment."""
    made = World()
    made.account("acme", ("team", "2026-09-01", "2026-09-11"), ("pro", "2026-09-11", None))
    made.account("other", ("team", "2026-09-01", None))
    made.calls("acme", "2026-09-03", 3)
    made.calls("acme", "2026-09-10", 2)
    made.calls("acme", "2026-09-12", 7)
    made.run("2026-10-04T06:00:00Z")
    return made


@pytest.fixture
def athena() -> FakeAthena:
    return FakeAthena(answer=lambda _: FIVE)


def _api(world: World, athena: FakeAthena) -> LineAnswers:
    documents = world.planner.documents
    return LineAnswers(
        Lines(Ledger(world.planner.store.invoices), documents, Catalogs(documents)),
        Statements(athena, athena, workgroup="workgroup", clock=athena.clock, pause=athena.pause),
        Downloads(FakeSigner()),
        athena,
        {TABLE.role: TABLE},
    )


def _get(
    api: LineAnswers,
    line: object,
    *,
    number: str = NUMBER,
    tenant_id: str | None = "acme",
    rows: bool = False,
    **keys: Any,
) -> Mapping[str, Any]:
    asked = event(tenant_id, number=number, line=str(line), **keys)
    return for_tenant(asked, api.rows if rows else api.usage)


def _scope(world: World, start: str, end: str) -> LineScope:
    cutoff = world.document(f"final/period=2026-09/tenant=acme/{NUMBER}.json")["cutoff"]
    assert cutoff == "2026-10-03T06:00:00Z"

    days = (date.fromisoformat(day) for day in (start, end))
    return LineScope("acme", *days, datetime.fromisoformat(cutoff), 35)


def test_a_line_is_shown_by_day(world: World, athena: FakeAthena) -> None:
    answer = _get(_api(world, athena), 2)
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {
        "number": NUMBER,
        "line": 2,
        "key": "2026-09-01/api_calls",
        "meter": "api_calls",
        "description": "API calls",
        "unit": "call",
        "quantity": "5",
        "aggregation": "count",
        "events": 5,
        "by_day": [{"day": "2026-09-03", "quantity": "3"}, {"day": "2026-09-10", "quantity": "2"}],
        "by_dimension": [],
        "dimensions_omitted": 0,
        "rows": f"/invoices/{NUMBER}/lines/2/rows",
    }
    kept = {name: answer["headers"][name] for name in ("Content-Type", "Cache-Control", "Vary")}
    assert kept == {
        "Content-Type": "application/json",
        "Cache-Control": "private, no-cache",
        "Vary": "Accept, Authorization",
    }
    again = _get(_api(world, athena), 2, If_None_Match=answer["headers"]["ETag"])
    assert (again["statusCode"], again["body"]) == (304, "")
    assert len(athena.started) == 1


def test_rows_are_linked_and_not_read(world: World, athena: FakeAthena, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(FakeAthena, "get_object")
    answer = _get(_api(world, athena), 2, rows=True)
    value = json.loads(answer["body"])
    assert (answer["statusCode"], answer["headers"]["Cache-Control"]) == (200, "no-store")
    signed = {
        "Bucket": "answers",
        "Key": "usage/q-1.csv",
        "ResponseContentDisposition": f'attachment; filename="{NUMBER}-line-2.csv"',
        "ResponseContentType": "text/csv",
    }
    assert json.loads(value.pop("url")) == ["get_object", signed, 900]
    assert value == {"expires_at": "2027-02-10T12:15:00Z", "bytes": len(FIVE)}


def test_each_line_is_asked_for_as_its_invoice_says(world: World, athena: FakeAthena) -> None:
    """By its segment's days, the cutoff, and the catalog of the digest, whatever the catalog is today."""
    changed = world.copy()
    meter = world.planner.catalogs.today.meters["api_calls"]
    changed.deploy({**world.raw, "meters": {"api_calls": {**world.raw["meters"]["api_calls"], "unit": "other"}}})
    api = _api(changed, athena)
    for line in (2, 4):
        _get(api, line)
        _get(api, line, rows=True)
    first, second = _scope(world, "2026-09-01", "2026-09-11"), _scope(world, "2026-09-11", "2026-10-01")
    assert athena.started == [
        make(meter, scope, TABLE) for scope in (first, second) for make in (line_query, rows_query)
    ]


def test_the_same_view_costs_one_query_a_day(world: World, athena: FakeAthena) -> None:
    api = _api(world, athena)
    today = event(number=NUMBER, line="2")
    for hours in (0, 11, 12, 36):
        later = {
            **today["requestContext"],
            "requestTimeEpoch": today["requestContext"]["requestTimeEpoch"] + hours * 3_600_000,
        }
        assert for_tenant({**today, "requestContext": later}, api.usage)["statusCode"] == 200
    assert len(athena.started) == 3


def test_a_query_that_takes_its_time_is_to_be_asked_for_again(world: World, athena: FakeAthena) -> None:
    athena.states = (*["RUNNING"] * 13, "SUCCEEDED")
    for rows in (False, True):
        api = _api(world, athena)
        answer = _get(api, 2, rows=rows)
        assert (answer["statusCode"], json.loads(answer["body"])) == (202, {"state": "running"})
        assert (answer["headers"]["Retry-After"], answer["headers"]["Cache-Control"]) == ("3", "no-store")
        assert _get(api, 2, rows=rows)["statusCode"] == 200
    assert len(athena.started) == 2


@pytest.mark.parametrize("rows", [False, True])
def test_a_query_that_fails_is_told_by_its_id_alone(world: World, athena: FakeAthena, *, rows: bool) -> None:
    athena.states = ("FAILED",)
    answer = _get(_api(world, athena), 2, rows=rows)
    detail = "Athena's query q-3 failed; the keeper of the service can look it up"
    assert problem_of(answer) == (503, detail, {"query_id": "q-3"})
    assert "SELECT" not in answer["body"]


def test_a_quantity_that_is_counted_differently_today_is_told(
    world: World, athena: FakeAthena, caplog: pytest.LogCaptureFixture
) -> None:
    athena.answer = lambda _: FIVE.replace(b'"5","5"', b'"4","4"')
    with caplog.at_level(logging.ERROR):
        value = json.loads(_get(_api(world, athena), 2)["body"])
    assert (value["quantity"], value["counted"], value["events"]) == ("5", "4", 4)
    assert caplog.messages == [f"/invoices/{NUMBER}/lines/2: counted 4, the invoice has 5"]


def test_groups_are_shown_and_those_left_out_are_counted(
    world: World, athena: FakeAthena, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, find = _api(world, athena), Lines.find

    def with_groups(self: Lines, *args: str) -> Any:
        behind = find(self, *args)
        return replace(behind, meter=replace(behind.meter, group_by=("user",)))

    monkeypatch.setattr(Lines, "find", with_groups)
    athena.answer = lambda _: (
        b'"all_groups","all_days","by_user","day","quantity_api_calls","events_api_calls","groups"\n'
        b'"1","1",,,"5","5","2"\n"1","0",,"2026-09-03","5","5","2"\n'
        b'"0","1",,,"3","3","2"\n"0","0",,"2026-09-03","3","3","2"\n'
    )
    value = json.loads(_get(api, 2)["body"])
    days = [{"day": "2026-09-03", "quantity": "3"}]
    assert value["by_dimension"] == [{"dimensions": {"user": None}, "quantity": "3", "events": 3, "by_day": days}]
    assert value["dimensions_omitted"] == 1


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("number", ["INV-2026-000002", "INV-2026-000099", "CN-2026-000001", "x", ""])
def test_another_tenants_invoice_is_one_that_there_is_not(
    world: World, athena: FakeAthena, number: str, *, rows: bool
) -> None:
    answer = _get(_api(world, athena), 2, number=number, rows=rows)
    assert problem_of(answer) == (404, "you have no invoice and no credit note of this number", {})
    assert athena.started == []


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("1", "line 1 has no usage behind it: it is of the kind recurring"),
        ("5", "line must be a whole number from 1 to 4, got '5'"),
        ("0", "line must be a whole number from 1 to 4, got '0'"),
        ("-1", "line must be a whole number from 1 to 4, got '-1'"),
        ("02", "line must be a whole number from 1 to 4, got '02'"),
        ("2'", 'line must be a whole number from 1 to 4, got "2\'"'),
        ("", "line must be a whole number from 1 to 4, got ''"),
    ],
)
def test_a_line_that_there_is_not_is_told(world: World, athena: FakeAthena, line: str, detail: str) -> None:
    assert problem_of(_get(_api(world, athena), line)) == (404, detail, {})
    assert athena.started == []


def test_a_void_invoice_keeps_its_lines_and_a_credit_note_has_none(world: World, athena: FakeAthena) -> None:
    changed = world.copy()
    void(changed, NUMBER, "2026-11-05T10:00:00")
    assert _get(_api(changed, athena), 2)["statusCode"] == 200
    detail = f"a credit note takes back the lines of its invoice: ask for those of {NUMBER}"
    assert problem_of(_get(_api(changed, athena), 2, number="CN-2026-000001")) == (404, detail, {})


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "changed"])
def test_without_the_catalog_of_the_invoice_nothing_is_shown(world: World, athena: FakeAthena, *, gone: bool) -> None:
    broken = world.copy()
    key = catalog_key(world.planner.catalogs.today.digest)
    if gone:
        del broken.aws.objects[key]
    else:
        broken.aws.objects[key] = {**broken.aws.objects[key], "Body": b'{"meters": {}}'}
    answer = _get(_api(broken, athena), 2)
    assert problem_of(answer) == (503, "an object that this is made of is not where it must be", {})
    assert athena.started == []


def test_without_a_tenant_there_is_no_answer(world: World, athena: FakeAthena) -> None:
    detail = "this needs the ID token of a user who belongs to a tenant"
    assert problem_of(_get(_api(world, athena), 2, tenant_id=None)) == (401, detail, {})


def test_the_handler_tells_rows_by_the_resource(
    world: World, athena: FakeAthena, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = _api(world, athena)
    monkeypatch.setattr(customer_lines, "lines", lambda: api)
    asked = {"number": NUMBER, "line": "2"}
    usage = customer_lines.handler(event(resource=RESOURCE, **asked), None)
    rows = customer_lines.handler(event(resource=f"{RESOURCE}/rows", **asked), None)
    assert (json.loads(usage["body"])["quantity"], json.loads(rows["body"])["bytes"]) == ("5", len(FIVE))
