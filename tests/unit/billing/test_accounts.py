from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from billing.accounts import (
    AccountError,
    change,
    create,
    differ,
    read,
    with_customer,
    with_subscription,
    without_subscription,
)
from rating.account import Account, Customer, Subscription
from rating.form import FormError
from rating.period import Period
from tests.unit.billing.world import World

JAN, FEB, MAR, APR = (date(2026, month, 1) for month in range(1, 5))
ACME = Customer("Acme", "a@acme.example", tax_rate=Decimal(19))


def _account(*subscriptions: tuple[str, date, date | None], customer: Customer | None = None) -> Account:
    return Account("acme", customer, tuple(Subscription(*subscription) for subscription in subscriptions))


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        pytest.param(
            None, {"legal_name": "Acme", "email": "a@acme.example", "tax_rate": "19"}, ACME, id="the first data"
        ),
        pytest.param(
            ACME,
            {"address": ["Street 1", "Town"]},
            Customer("Acme", "a@acme.example", ("Street 1", "Town"), tax_rate=Decimal(19)),
            id="what is not named stays",
        ),
        pytest.param(
            ACME,
            {"reverse_charge": True},
            Customer("Acme", "a@acme.example", reverse_charge=True),
            id="reverse charge ends the rate",
        ),
        pytest.param(
            Customer("Acme", "a@acme.example", reverse_charge=True),
            {"tax_rate": "19"},
            ACME,
            id="a rate ends reverse charge",
        ),
    ],
)
def test_customer_data_changes(before: Customer | None, changes: dict[str, Any], after: Customer) -> None:
    account = _account(("team", JAN, None), customer=before)
    assert with_customer(account, changes) == _account(("team", JAN, None), customer=after)


def test_a_customer_without_a_name_is_refused() -> None:
    with pytest.raises(FormError, match="legal_name: missing"):
        with_customer(_account(), {"email": "a@acme.example"})


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        pytest.param([], ("team", FEB, None), [("team", FEB, None)], id="the first plan"),
        pytest.param(
            [("team", JAN, None)],
            ("enterprise", FEB, None),
            [("team", JAN, FEB), ("enterprise", FEB, None)],
            id="the running plan ends",
        ),
        pytest.param(
            [("team", JAN, FEB)], ("team", MAR, None), [("team", JAN, FEB), ("team", MAR, None)], id="after a gap"
        ),
        pytest.param(
            [("team", JAN, FEB), ("enterprise", FEB, None)],
            ("team", FEB, APR),
            [("team", JAN, FEB), ("team", FEB, APR)],
            id="from the same day another",
        ),
        pytest.param(
            [("enterprise", MAR, None)],
            ("team", FEB, MAR),
            [("team", FEB, MAR), ("enterprise", MAR, None)],
            id="up to what is planned",
        ),
    ],
)
def test_a_plan_from_a_day_on(before: list[Any], new: Any, after: list[Any]) -> None:
    changed = with_subscription(_account(*before), Subscription(*new))
    assert changed == _account(*after)
    assert with_subscription(changed, Subscription(*new)) == changed


def test_what_is_planned_is_never_dropped_silently() -> None:
    account = _account(("enterprise", MAR, None))
    message = (
        "^tenant acme: plan team must end before enterprise begins on 2026-03-01, got no end; "
        "say its end, or end what is planned first$"
    )
    with pytest.raises(AccountError, match=message):
        with_subscription(account, Subscription("team", FEB))


def test_a_subscription_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(FormError, match=r"subscriptions\[0\].end: must be after the start, 2026-02-01, got 2026-01-01"):
        with_subscription(_account(), Subscription("team", FEB, JAN))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([("team", JAN, None)], [("team", JAN, FEB)]),
        ([("team", JAN, FEB)], [("team", JAN, FEB)]),
        ([("team", JAN, MAR), ("enterprise", MAR, None)], [("team", JAN, FEB)]),
        ([("team", FEB, None)], []),
    ],
    ids=["running", "ended before", "planned", "from the same day"],
)
def test_no_plan_from_a_day_on(before: list[Any], after: list[Any]) -> None:
    assert without_subscription(_account(*before), FEB) == _account(*after)


@pytest.mark.parametrize(
    ("before", "after", "months"),
    [
        ([("team", JAN, None)], [("team", JAN, None)], []),
        ([("team", JAN, None)], [("team", JAN, MAR), ("team", MAR, None)], []),
        ([("team", JAN, None)], [("team", JAN, FEB), ("enterprise", FEB, MAR)], [2, 3]),
        ([("team", JAN, FEB)], [("team", JAN, date(2026, 2, 28))], [2]),
        ([], [("team", JAN, FEB)], [1]),
    ],
    ids=["the same", "the same in two", "another plan", "a later end", "the first"],
)
def test_months_whose_plans_differ(before: list[Any], after: list[Any], months: list[int]) -> None:
    periods = [Period(2026, month) for month in range(1, 4)]
    found = [period.month for period in periods if differ(_account(*before), _account(*after), period)]
    assert found == months


def test_an_account_that_is_there_is_left_as_it_is_unless_it_is_of_another_customer() -> None:
    store, at = World().planner.store, datetime(2026, 11, 1, tzinfo=UTC)
    assert create(store, _account(customer=ACME), at)
    on_a_plan = change(store, "acme", at, lambda known: replace(known, subscriptions=(Subscription("team", JAN),)))
    assert [create(store, _account(customer=one), at) for one in (ACME, None)] == [False, False]
    assert read(store, "acme") == on_a_plan
    with pytest.raises(AccountError, match=r"^tenant acme: is there already, with another customer"):
        create(store, _account(customer=replace(ACME, legal_name="Other")), at)
