"""Verification: every document that billing makes is the same when counted again, and what is not is named."""

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from billing.recount import Recounter, spans_of
from billing.verify import Difference, Verifier, VerifyError
from rating.period import Period
from rating.terms import Segment
from tests.unit.billing.test_runs import two_months
from tests.unit.billing.world import CATALOG, World

pytestmark = pytest.mark.usefixtures("_plain_pages")

SEPTEMBER = "final/period=2026-09/tenant=late/INV-2026-000001.json"
OCTOBER = "final/period=2026-10/tenant=late/INV-2026-000003.json"
CHANGED = "final/period=2026-10/tenant=changing/INV-2026-000001.json"
FINALS = (SEPTEMBER, OCTOBER, "final/period=2026-10/tenant=held/INV-2026-000002.json")


@pytest.fixture(scope="module")
def world() -> World:
    """Two months are final, the second with an adjustment of the first and, for another tenant, with two plans."""
    world = two_months()
    world.run("2026-11-04T06:00:00Z")
    return world


def _verify(world: World, *documents: dict[str, Any]) -> list[tuple[Difference, ...]]:
    parts = world.planner
    verifier = Verifier(parts.store, Recounter(parts.lake, parts.catalogs))
    return [found for _, found in verifier.verify(documents)]


def test_what_was_billed_is_the_same_even_by_a_catalog_of_another_day(world: World) -> None:
    later = _own(world)
    dearer = copy.deepcopy(CATALOG)
    dearer["plans"]["team"]["versions"][0]["recurring_fee"] = "99"  # type: ignore[index]
    later.deploy(dearer)
    later.lake.catalogs = {**world.lake.catalogs, **later.lake.catalogs}
    later.calls("late", "2026-10-03", 5, ingested="2026-11-20T00:00:00")
    later.calls("late", "2026-09-03", 5, ingested="2026-11-20T00:00:00")
    documents = [later.document(key) for key in FINALS]
    assert [document["number"] for document in documents] == ["INV-2026-000001", "INV-2026-000003", "INV-2026-000002"]
    assert _verify(later, *documents) == [(), (), ()]


def test_a_month_on_two_plans_is_the_same() -> None:
    world = World()
    world.account("changing", ("team", "2026-10-05", "2026-10-11"), ("pro", "2026-10-20", None))
    for day in ("2026-10-06", "2026-10-15", "2026-10-20"):
        world.calls("changing", day, 10)
    world.run("2026-11-04T06:00:00Z")
    document = world.document(CHANGED)
    assert [(term["plan"], term["start"]) for term in document["terms"]] == [
        ("team", "2026-10-05"),
        ("payg", "2026-10-11"),
        ("pro", "2026-10-20"),
    ]
    assert _verify(world, document) == [()]


def _own(world: World) -> World:
    """A copy whose lake looks at its rows itself."""
    own = world.copy()
    own.lake.answers = {}
    return own


def _row_gone(world: World, _: dict[str, Any]) -> None:
    gone = next(row for row in world.lake.rows if row.time.date() == date(2026, 9, 10))
    world.lake.rows.remove(gone)


def _key_changed(world: World, _: dict[str, Any]) -> None:
    place = next(place for place, row in enumerate(world.lake.rows) if row.time.date() == date(2026, 9, 10))
    world.lake.rows[place] = replace(world.lake.rows[place], key="another")


def _amount_changed(_: World, document: dict[str, Any]) -> None:
    document["lines"][1]["amount"] = "0.99"


def _line_added(_: World, document: dict[str, Any]) -> None:
    document["lines"].append({**document["lines"][1], "key": "2026-09-01/surprise"})


def _total_changed(_: World, document: dict[str, Any]) -> None:
    document["total"] = "1.00"


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        pytest.param(
            _row_gone,
            [
                ("rows of 2026-09-10", "100", "99"),
                ("digest of the rows' keys", ..., ...),
                ("2026-09-01/api_calls, quantity", "100", "99"),
                ("2026-09-01/api_calls, amount", "1.00", "0.99"),
                ("2026-09-01/api_calls, detail", ..., ...),
            ],
            id="a row is gone",
        ),
        pytest.param(_key_changed, [("digest of the rows' keys", ..., ...)], id="a row is another one"),
        pytest.param(
            _amount_changed,
            [
                ("2026-09-01/api_calls, amount", "0.99", "1.00"),
                ("subtotal", "31.00", "30.99"),
                ("taxes", ..., ...),
                ("total", "37.20", "37.19"),
            ],
            id="an amount",
        ),
        pytest.param(_total_changed, [("total", "1.00", "37.20")], id="the total"),
    ],
)
def test_what_differs_is_named(
    world: World, tamper: Callable[[World, dict[str, Any]], None], expected: list[tuple[Any, ...]]
) -> None:
    spoilt, document = _own(world), world.document(SEPTEMBER)
    tamper(spoilt, document)
    [found] = _verify(spoilt, document)
    assert [one.what for one in found] == [what for what, _, _ in expected]
    for one, (_, document_says, table_says) in zip(found, expected, strict=True):
        if document_says is not ...:
            assert (one.document, one.table) == (document_says, table_says)


def test_a_line_that_nobody_measured_is_named_with_all_it_says(world: World) -> None:
    document = world.document(SEPTEMBER)
    _line_added(world, document)
    [found] = _verify(world, document)
    assert Difference("2026-09-01/surprise, amount", "1.00", None) in found
    assert Difference("subtotal", "31.00", "32.00") in found


def test_an_adjustment_is_counted_again_as_of_its_own_cutoff(world: World) -> None:
    spoilt, document = _own(world), world.document(OCTOBER)
    late = next(row for row in spoilt.lake.rows if row.time.date() == date(2026, 9, 20))
    spoilt.lake.rows.remove(late)
    [found] = _verify(spoilt, document)
    assert [(one.what, one.document, one.table) for one in found if "digest" not in one.what] == [
        ("2026-09 rows of 2026-09-20", "50", "49"),
        ("2026-09 2026-09-01/api_calls, quantity now", "150", "149"),
        ("2026-09 2026-09-01/api_calls, amount now", "1.50", "1.49"),
    ]


def test_an_adjustments_change_is_now_less_was(world: World) -> None:
    document = world.document(OCTOBER)
    document["adjustments"][0]["lines"][0]["was"]["amount"] = "0.70"
    [found] = _verify(world, document)
    assert found == (Difference("2026-09 2026-09-01/api_calls, change", "0.50", "0.80"),)


def test_a_credit_note_rests_on_its_invoice_and_not_on_rows(world: World) -> None:
    document = {**world.document(SEPTEMBER), "kind": "credit_note", "number": "CN-2026-000001"}
    with pytest.raises(VerifyError, match=r"^CN-2026-000001: must be an invoice, is a credit_note$"):
        _verify(world, document)


def test_months_of_one_query_are_asked_for_together(world: World) -> None:
    counted = _own(world)
    counted.lake.asked.clear()
    documents = [counted.document(key) for key in FINALS]
    _verify(counted, *documents)
    # September as of its own cutoff, September as of October's, and October for both tenants.
    assert len(counted.lake.asked) == 3


@pytest.mark.parametrize(
    ("default", "expected"),
    [
        (None, [(3, 5, 10)]),
        ("2025-01-01", [(None, 1, 5), (3, 5, 10), (None, 10, 32)]),
        ("2026-10-03", [(None, 3, 5), (3, 5, 10), (None, 10, 32)]),
        ("2026-10-20", [(3, 5, 10), (None, 20, 32)]),
    ],
    ids=["no default plan", "always", "from the third on", "from later on"],
)
def test_days_on_the_default_plan_are_counted_too(default: str | None, expected: list[Any]) -> None:
    raw = copy.deepcopy(CATALOG)
    if default is None:
        del raw["default_plan"]
    else:
        raw["plans"]["payg"]["versions"][0]["effective_from"] = default  # type: ignore[index]
    segment = Segment(3, date(2026, 10, 5), date(2026, 10, 10), "team", "v1", on_default=False)
    indices, spans = spans_of("t", World(raw).planner.catalogs.today, [segment], Period(2026, 10))
    first = date(2026, 10, 1)
    days = [((span.start - first).days + 1, (span.end - first).days + 1) for span in spans]
    assert [(index, *pair) for index, pair in zip(indices, days, strict=True)] == expected
    assert [span.index for span in spans] == list(range(len(spans)))
