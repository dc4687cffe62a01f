"""docs/billing.md against the code, of reconciliation: states, figures, the item of an hour, an invoice's words."""

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from billing.moments import parse_moment
from billing.reconciliation import Reconciliation, acceptance
from reconciliation.balance import BALANCED, LATE, MISSING, UNEXPLAINED, Tolerance, balance
from reconciliation.items import figures_of
from tests.unit.docs.test_billing_document import TEXT
from tests.unit.docs.test_documents import table_rows
from tests.unit.reconciliation.world import REQUESTS, World, at

SECTION = TEXT.partition("## Holds and reconciliation\n")[2].partition("\n## ")[0]
[SHOWN] = re.findall(r"^```json\n(.*?)^```", SECTION, re.DOTALL | re.MULTILINE)
HOUR = json.loads(SHOWN)


def test_every_state_is_told() -> None:
    states = [row[0] for row in table_rows(TEXT, "## Holds and reconciliation") if row[0] not in {"", "state"}]
    assert states[-5:] == [f"`{state}`" for state in (BALANCED, LATE, MISSING, UNEXPLAINED)] + ["no item"]


def test_the_hour_that_is_shown_is_one_that_the_reconciler_writes() -> None:
    figures = figures_of(HOUR)
    [found] = balance([figures], Tolerance(Decimal(0), Decimal("0.01")))
    assert asdict(found.figures) == HOUR["figures"]
    assert (found.missing, found.unexplained, found.failed) == (HOUR["missing"], HOUR["unexplained"], HOUR["failed"])
    checked = parse_moment(HOUR["checked_at"])
    over = parse_moment(HOUR["hour"]) + timedelta(hours=1)
    assert found.state(may_be_late=checked - over < timedelta(hours=3)) == HOUR["state"]
    world = World(recheck_hours=1)
    world.run(at("05T15:20"))
    assert set(world.item(REQUESTS, "05T14")) == set(HOUR) - {"accepted"}


def test_the_acceptance_that_is_shown_is_one_that_operators_write() -> None:
    accepted = HOUR["accepted"]
    when = datetime(2026, 10, 6, 8, tzinfo=UTC)
    assert acceptance(HOUR, by=accepted["by"], at=when, reason=accepted["reason"]) == accepted


def test_the_words_of_an_invoice_are_those_of_the_code() -> None:
    words = {Reconciliation(3, 0, 0), Reconciliation(0, 2, 0), Reconciliation(0, 0, 1), Reconciliation(0, 0, 0)}
    words |= {Reconciliation(0, 0, 0, waived=1)}
    assert {f'"{one}"' for one in words} == set(
        re.findall(r'"(?:balanced|open|not)[^"\n]*"', SECTION.replace(SHOWN, ""))
    )
