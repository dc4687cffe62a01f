"""`GET /invoices` and `GET /invoices/{number}`, over billing in memory."""

import csv
import io
import json
import logging
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from customer import invoices as module
from customer.answering import for_tenant
from customer.downloads import Downloads
from customer.invoices import Invoices
from customer.ledger import Ledger
from customer.pages import Place, token_after
from handlers import customer_invoices
from tests.unit.billing.world import World
from tests.unit.customer.customer_kit import FakeSigner, billed, body, event, problem_of

STEM = "final/period=2026-10/tenant=acme/INV-2026-000003"
NUMBER = "INV-2026-000003"


def _listed(number: str, period: str, issue_date: str, **keys: Any) -> dict[str, Any]:
    usual = {"currency": "USD", "total": "36.00", "state": "finalized", "revision": 1}
    linked = {"credit_note": None, "credits": None}
    return {"number": number, "kind": "invoice", "period": period, "issue_date": issue_date, **usual, **linked, **keys}


LISTED = [
    _listed("BILL-2027-000001", "2026-12", "2027-01-04"),
    _listed("BILL-2026-000002", "2026-11", "2026-12-04"),
    _listed("BILL-2026-000001", "2026-09", "2026-11-06", total="36.06", revision=2),
    _listed("CN-2026-000001", "2026-09", "2026-11-05", kind="credit_note", total="-36.06", credits="INV-2026-000001"),
    _listed(NUMBER, "2026-10", "2026-11-04"),
    _listed("INV-2026-000001", "2026-09", "2026-10-04", total="36.06", state="void", credit_note="CN-2026-000001"),
]


@pytest.fixture(scope="module")
def world() -> World:
    return billed()


def _invoices(world: World) -> Invoices:
    parts = world.planner
    return Invoices(Ledger(parts.store.invoices), parts.documents, Downloads(FakeSigner()))


@pytest.fixture
def invoices(world: World) -> Invoices:
    return _invoices(world)


def _get(invoices: Invoices, tenant_id: str | None = "acme", **keys: Any) -> Mapping[str, Any]:
    return for_tenant(event(tenant_id, **keys), invoices.answer)


def test_all_documents_are_listed_the_newest_first(invoices: Invoices) -> None:
    answer = _get(invoices)
    assert (answer["statusCode"], answer["headers"]) == (
        200,
        {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )
    assert body(answer) == {"invoices": LISTED, "next": None}


@pytest.mark.parametrize("limit", range(1, 8))
def test_pages_of_any_size_make_up_the_whole_list(invoices: Invoices, limit: int) -> None:
    token, pages = None, []
    while token or not pages:
        page = body(_get(invoices, query={"limit": str(limit), **({"next": token} if token else {})}))
        pages.append(page["invoices"])
        token = page["next"]
    assert [one for page in pages for one in page] == LISTED
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert 1 <= len(pages[-1]) <= limit


def test_what_comes_between_two_pages_moves_nothing(world: World) -> None:
    changed = world.copy()
    first = body(_get(_invoices(changed), query={"limit": "2"}))
    changed.deploy(changed.raw, invoice_prefix="BILL")
    changed.run("2027-02-04T06:00:00Z")
    second = body(_get(_invoices(changed), query={"limit": "2", "next": first["next"]}))
    assert first["invoices"] + second["invoices"] == LISTED[:4]
    assert body(_get(_invoices(changed)))["invoices"][0]["number"] == "BILL-2027-000002"


def test_the_other_tenant_sees_its_own_and_no_more(invoices: Invoices) -> None:
    assert body(_get(invoices, "other")) == {
        "invoices": [_listed("INV-2026-000002", "2026-09", "2026-10-04")],
        "next": None,
    }
    assert body(_get(invoices, "nobody")) == {"invoices": [], "next": None}


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"limits": "5"}, "parameter must be one of limit, next, got 'limits'"),
        ({"limit": "0"}, "limit must be a whole number from 1 to 100, got '0'"),
        ({"limit": "101"}, "limit must be a whole number from 1 to 100, got '101'"),
        ({"next": "x"}, "next must be the token that the page before gave to the same tenant"),
        (
            {"next": token_after("other", Place("2026-11-04", "INV-2026", 3))},
            "next must be the token that the page before gave to the same tenant",
        ),
    ],
)
def test_a_page_that_cannot_be_is_refused(invoices: Invoices, query: dict[str, str], detail: str) -> None:
    assert problem_of(_get(invoices, query=query)) == (400, detail, {})


@pytest.mark.parametrize("keys", [{}, {"number": NUMBER}], ids=["list", "document"])
def test_without_a_tenant_there_is_no_answer(invoices: Invoices, keys: dict[str, str]) -> None:
    detail = "this needs the ID token of a user who belongs to a tenant"
    assert problem_of(_get(invoices, None, **keys)) == (401, detail, {})


def test_a_document_is_to_the_byte_what_was_written(world: World, invoices: Invoices) -> None:
    for accept, form, content_type, disposition in (
        ("application/json", "json", "application/json", "inline"),
        ("text/html", "html", "text/html; charset=utf-8", "inline"),
        ("text/csv", "csv", "text/csv; charset=utf-8; header=present", "attachment"),
    ):
        answer = _get(invoices, number=NUMBER, Accept=accept)
        assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
        assert answer["body"].encode() == world.aws.objects[f"{STEM}.{form}"]["Body"]
        headers = dict(answer["headers"])
        assert headers.pop("ETag")
        page = {
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'; sandbox",
            "Referrer-Policy": "no-referrer",
        }
        assert headers == {
            "Content-Type": content_type,
            "Cache-Control": "private, no-cache",
            "Vary": "Accept, Authorization",
            "Content-Disposition": f'{disposition}; filename="{NUMBER}.{form}"',
            "X-Content-Type-Options": "nosniff",
            **(page if form == "html" else {}),
        }
    assert json.loads(_get(invoices, number=NUMBER)["body"])["number"] == NUMBER
    rows = csv.DictReader(io.StringIO(_get(invoices, number=NUMBER, Accept="text/csv")["body"], newline=""))
    assert {row["number"] for row in rows} == {NUMBER}


def test_void_invoices_and_credit_notes_can_be_read(invoices: Invoices) -> None:
    kinds = {one["number"]: body(_get(invoices, number=one["number"])) for one in LISTED}
    assert {number: (document["kind"], document["total"]) for number, document in kinds.items()} == {
        one["number"]: (one["kind"], one["total"]) for one in LISTED
    }


def test_a_document_that_the_caller_has_is_not_sent_again(invoices: Invoices) -> None:
    etags = {accept: _get(invoices, number=NUMBER, Accept=accept)["headers"]["ETag"] for accept in ("*/*", "text/csv")}
    again = _get(invoices, number=NUMBER, If_None_Match=etags["*/*"])
    assert (again["statusCode"], again["body"], again["headers"]["ETag"]) == (304, "", etags["*/*"])
    assert _get(invoices, number=NUMBER, If_None_Match=etags["text/csv"])["statusCode"] == 200


@pytest.mark.parametrize(
    "number",
    [
        "INV-2026-000002",  # the other tenant's
        "INV-2026-000099",
        "CN-2026-000002",
        "inv-2026-000003",
        "INV-2026-000003/",
        "../INV-2026-000003",
        "INV-2026-000003\n",
        "",
        "BILL#2026-09",
        "x" * 5000,
        "\ud800",
    ],
)
def test_a_number_that_is_none_of_the_tenants_is_always_the_same_404(invoices: Invoices, number: str) -> None:
    answer = _get(invoices, number=number)
    assert answer == _get(invoices, number="INV-2026-123456")
    assert problem_of(answer) == (404, "you have no invoice and no credit note of this number", {})


def test_a_form_that_there_is_not_is_refused(invoices: Invoices) -> None:
    available = ["application/json", "text/html", "text/csv"]
    assert problem_of(_get(invoices, number=NUMBER, Accept="application/pdf")) == (
        406,
        "Accept must allow one of application/json, text/html, text/csv",
        {"available": available},
    )


def test_a_document_that_is_gone_is_told_and_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    broken = world.copy()
    del broken.aws.objects[f"{STEM}.html"]
    with caplog.at_level(logging.ERROR):
        answer = _get(_invoices(broken), number=NUMBER, Accept="text/html")
    assert problem_of(answer) == (503, "an object that this is made of is not where it must be", {})
    assert answer["headers"]["Retry-After"] == "60"
    assert caplog.messages == [
        f"s3://bucket/{STEM}.html: must be there, is not; the bucket keeps versions: restore the one that was there"
    ]
    assert _get(_invoices(broken), number=NUMBER)["statusCode"] == 200


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "Query"),
        EndpointConnectionError(endpoint_url="https://x"),
    ],
)
def test_a_service_that_does_not_answer_is_told(
    invoices: Invoices, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(invoices.ledger, "newest", fail)
    answer = _get(invoices)
    assert problem_of(answer) == (503, "a service that this is made of does not answer at present", {})
    assert answer["headers"]["Retry-After"] == "5"


def test_a_document_that_is_too_long_for_an_answer_is_linked(
    world: World, invoices: Invoices, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(world.aws.objects[f"{STEM}.html"]["Body"])
    monkeypatch.setattr(module, "LONGEST_ANSWER", size)
    assert _get(invoices, number=NUMBER, Accept="text/html")["statusCode"] == 200
    monkeypatch.setattr(module, "LONGEST_ANSWER", size - 1)
    answer = _get(invoices, number=NUMBER, Accept="text/html")
    url = answer["headers"]["Location"]
    assert (answer["statusCode"], body(answer)) == (303, {"url": url, "expires_at": "2027-02-10T12:15:00Z"})
    signed = {
        "Bucket": "bucket",
        "Key": f"{STEM}.html",
        "ResponseContentDisposition": f'attachment; filename="{NUMBER}.html"',
        "ResponseContentType": "text/html; charset=utf-8",
    }
    assert json.loads(url) == ["get_object", signed, 900]


def test_the_handler_answers(invoices: Invoices, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customer_invoices, "invoices", lambda: invoices)
    assert body(customer_invoices.handler(event(), None)) == {"invoices": LISTED, "next": None}
    assert body(customer_invoices.handler(event(number=NUMBER), None))["number"] == NUMBER
