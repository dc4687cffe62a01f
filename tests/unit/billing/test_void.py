"""Void, credit note and re-issue; killed at any write, the next call completes what is missing."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from billing.documents import MissingObjectError
from billing.records import FinalRun
from billing.void import Voider, VoidError
from rating.period import Period
from tests.unit.billing.fake_aws import KilledError
from tests.unit.billing.world import World

pytestmark = pytest.mark.usefixtures("_plain_pages")

OCTOBER = Period(2026, 10)
NUMBER = "INV-2026-000001"
AT = datetime(2026, 11, 5, 9, tzinfo=UTC)


def _voider(world: World) -> Voider:
    parts = world.planner
    return Voider(parts.store, parts.runs, parts.documents, parts.outbox, parts.settings)


def _void(world: World, *, number: str = NUMBER, reason: str = "wrong address") -> str:
    return _voider(world).void("acme", number, by="arn:ann", reason=reason, at=AT).number


def _place(number: str) -> dict[str, str]:
    stem = f"final/period=2026-10/tenant=acme/{number}"
    return {"bucket": "bucket", "json": f"{stem}.json", "csv": f"{stem}.csv", "html": f"{stem}.html"}


def _void_and_reissue(world: World) -> None:
    _void(world)
    _voider(world).reissue("acme", NUMBER)


@pytest.fixture(scope="module")
def billed() -> World:
    """October is final: two tenants, each with a fee and calls."""
    world = World()
    for tenant in ("acme", "globex"):
        world.account(tenant, ("team", "2026-10-01", None))
        world.calls(tenant, "2026-10-07", 100)
    world.run("2026-11-04T06:00:00Z")
    world.aws.writes.clear()
    return world


def test_a_void_invoice_has_a_credit_note_and_is_told(billed: World) -> None:
    world = billed.copy()
    assert _void(world) == "CN-2026-000001"
    records = world.planner.store.tenant("acme")
    invoice, [note] = records.invoices[0], records.credit_notes
    assert (invoice.state, invoice.credit_note) == ("void", "CN-2026-000001")
    assert invoice.void == {"at": "2026-11-05T09:00:00Z", "by": "arn:ann", "reason": "wrong address"}
    assert (note.invoice, note.issue_date, note.reason) == (NUMBER, "2026-11-05", "wrong address")
    assert records.heads[OCTOBER].state == "void"
    document = world.document("final/period=2026-10/tenant=acme/CN-2026-000001.json")
    assert (document["kind"], document["total"], document["credits"]["number"]) == ("credit_note", "-37.20", NUMBER)
    locked = world.aws.objects["final/period=2026-10/tenant=acme/CN-2026-000001.json"]
    assert locked["ObjectLockMode"] == "GOVERNANCE"
    assert locked["ObjectLockRetainUntilDate"] == datetime(2036, 11, 2, tzinfo=UTC)
    assert world.document("final/period=2026-10/tenant=acme/INV-2026-000001.json")["total"] == "37.20"
    assert json.loads(world.aws.published[-1]["Detail"]) == {
        "id": f"invoice.voided/{NUMBER}",
        "tenant_id": "acme",
        "period": "2026-10",
        "revision": 1,
        "number": NUMBER,
        "currency": "USD",
        "total": "37.20",
        "document": _place(NUMBER),
        "credit_note": {"number": "CN-2026-000001", "document": _place("CN-2026-000001")},
        "occurred_at": "2026-11-05T09:00:00Z",
    }
    assert world.items("OUTBOX") == {}


def test_an_invoice_whose_document_is_gone_is_not_taken_back_until_it_is_restored(billed: World) -> None:
    world = billed.copy()
    key = f"final/period=2026-10/tenant=acme/{NUMBER}.json"
    lost = world.aws.objects.pop(key)
    with pytest.raises(MissingObjectError, match=rf"s3://bucket/{key}: must be there, is not; .* restore the one"):
        _void(world)
    assert (world.aws.writes, world.planner.store.tenant("acme").heads[OCTOBER].state) == ([], "finalized")
    world.aws.objects[key] = lost
    assert _void(world) == "CN-2026-000001"


def test_a_void_invoice_is_not_billed_again_unless_it_is_wanted(billed: World) -> None:
    world = billed.copy()
    _void(world)
    world.run("2026-11-06T06:00:00Z")
    assert world.planner.store.tenant("acme").heads[OCTOBER].state == "void"


def test_a_reissued_month_gets_the_next_number_and_the_other_tenant_keeps_its_own(billed: World) -> None:
    world = billed.copy()
    world.account("acme", ("team", "2026-10-01", None), legal_name="Acme Europe")
    _void_and_reissue(world)
    world.run("2026-11-06T06:00:00Z")
    heads = {tenant: world.planner.store.tenant(tenant).heads[OCTOBER] for tenant in ("acme", "globex")}
    assert {tenant: (head.state, head.number, head.revision) for tenant, head in heads.items()} == {
        "acme": ("finalized", "INV-2026-000003", 2),
        "globex": ("finalized", "INV-2026-000002", 1),
    }
    document = world.document("final/period=2026-10/tenant=acme/INV-2026-000003.json")
    assert (document["customer"]["legal_name"], document["total"]) == ("Acme Europe", "37.20")


def test_credit_notes_are_numbered_without_gaps_and_by_their_own_year(billed: World) -> None:
    world = billed.copy()
    assert _void(world) == "CN-2026-000001"
    voider = _voider(world)
    assert voider.void("globex", "INV-2026-000002", by="b", reason="r", at=AT).number == "CN-2026-000002"
    world.run("2026-12-04T06:00:00Z")
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    assert voider.void("acme", "INV-2026-000003", by="b", reason="r", at=new_year).number == "CN-2027-000001"


def test_the_same_void_again_changes_nothing(billed: World) -> None:
    world = billed.copy()
    _void_and_reissue(world)
    expected = world.state()
    assert _void(world, reason="another one") == "CN-2026-000001"
    assert _voider(world).reissue("acme", NUMBER).revision == 2
    assert world.state() == expected


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_void_killed_at_any_write_is_completed_by_the_next(billed: World, when: str) -> None:
    undisturbed = billed.copy()
    _void_and_reissue(undisturbed)
    expected, writes = undisturbed.state(), len(undisturbed.aws.writes)
    assert writes == 7  # the decision, three forms, the event and its removal, the new draft
    for place in range(1, writes + 1):
        world = billed.copy()
        world.aws.kill_at = (place, when)
        with pytest.raises(KilledError):
            _void_and_reissue(world)
        _void_and_reissue(world)
        assert world.state() == expected, f"killed {when} write {place}, {world.aws.writes[place - 1]}"


def _in_flight(world: World) -> None:
    run = FinalRun("other", OCTOBER, "2026-12-04T06:00:00Z", "2026-12-03T06:00:00Z", "2026-12-04", "rating")
    assert world.planner.runs.claim(run)


def _draft_again(world: World) -> None:
    head = world.planner.store.tenant("acme").heads[OCTOBER]
    item = replace(head, state="draft", number=None).to_item()
    world.planner.store.invoices.put(item)


@pytest.mark.parametrize(
    ("spoil", "number", "message"),
    [
        pytest.param(
            lambda _: None, "INV-2026-000002", "must be one of tenant acme, is none", id="another tenant's invoice"
        ),
        pytest.param(
            _in_flight, NUMBER, "a final run is in flight and computes with what is billed; try again", id="a run"
        ),
        pytest.param(
            _draft_again, NUMBER, "is no longer the bill of 2026-10, which is draft, revision 1", id="not the bill"
        ),
    ],
)
def test_what_cannot_be_void_says_why_and_writes_nothing(
    billed: World, spoil: Callable[[World], None], number: str, message: str
) -> None:
    world = billed.copy()
    spoil(world)
    before = world.state()
    with pytest.raises(VoidError, match=f"^invoice {number}: {message}"):
        _void(world, number=number)
    assert world.state() == before


def test_a_void_is_not_before_the_invoice(billed: World) -> None:
    early = datetime(2026, 11, 3, 23, 59, tzinfo=UTC)
    with pytest.raises(VoidError, match="must be void from 2026-11-04 on or later, got 2026-11-03"):
        _voider(billed.copy()).void("acme", NUMBER, by="b", reason="r", at=early)


@pytest.mark.parametrize("is_void", [False, True], ids=["that stands", "in flight"])
def test_what_cannot_be_reissued_says_why(billed: World, is_void: bool) -> None:
    world = billed.copy()
    message = "must be void to be issued again, its bill is finalized INV-2026-000001, revision 1"
    if is_void:
        _void(world)
        _in_flight(world)
        message = "a final run is in flight"
    with pytest.raises(VoidError, match=f"^invoice {NUMBER}: {message}"):
        _voider(world).reissue("acme", NUMBER)
