import pytest

from billing import holds
from billing.records import Hold
from rating.period import Period
from tests.unit.billing.world import World

OCTOBER = Period(2026, 10)
ACME = Hold(holds.subject_of("acme"), "arn:ann", "look at it", "2026-11-01T08:00:00Z")


def test_holds_are_put_listed_and_lifted() -> None:
    store = World().planner.store
    whole = Hold(holds.subject_of(OCTOBER), "arn:ben", "prices", "2026-11-01T09:00:00Z")
    for one in (ACME, whole):
        holds.hold(store, one)
    assert list(holds.holds(store)) == [whole, ACME]
    assert holds.release(store, holds.subject_of(OCTOBER)) == whole
    assert list(holds.holds(store)) == [ACME]


def test_the_same_hold_can_be_put_again_and_another_is_refused() -> None:
    store = World().planner.store
    holds.hold(store, ACME)
    holds.hold(store, Hold(ACME.subject, ACME.by, ACME.reason, "2026-11-02T08:00:00Z"))
    message = "^tenant acme: must not be on hold already, is since 2026-11-01T08:00:00Z by arn:ann: look at it$"
    with pytest.raises(holds.HoldError, match=message):
        holds.hold(store, Hold(ACME.subject, "arn:ben", "mine", "2026-11-02T08:00:00Z"))
    assert list(holds.holds(store)) == [ACME]


def test_what_is_not_on_hold_cannot_be_released() -> None:
    with pytest.raises(holds.HoldError, match=r"^month 2026-10: must be on hold to be released, is not$"):
        holds.release(World().planner.store, holds.subject_of(OCTOBER))


def test_a_tenant_on_hold_is_finalized_by_the_run_after_its_release() -> None:
    world = World()
    world.account("acme", ("team", "2026-10-01", None))
    holds.hold(world.planner.store, ACME)
    world.run("2026-11-04T06:00:00Z")
    assert world.planner.store.tenant("acme").heads[OCTOBER].state == "draft"
    holds.release(world.planner.store, ACME.subject)
    world.run("2026-11-05T06:00:00Z")
    assert world.planner.store.tenant("acme").heads[OCTOBER].number == "INV-2026-000001"
