"""Status against fakes."""

from datetime import UTC, datetime
from decimal import Decimal

from tests.unit.tools.operate_kit import AT, WHO, World, error_object, key, log_line, typed
from tests.unit.tools.status_kit import FakeSqs, alarms, well
from tools.operate.status import status


def test_status_tells_what_is_wrong() -> None:
    world = World({key("one"): error_object(log_line("a")), key("two"): error_object(log_line("b"))})
    world.services |= {"cloudwatch": alarms(), "sqs": FakeSqs("2")}
    world.stack.marks.begin("errors", key("one"), action_id="x", at=AT, records=1)
    world.stack.marks.done("errors", key("one"), at=AT, put=1)
    world.hour("usage-events", "2026-11-05T08:00:00Z", "missing", 4)
    found = status(world.stack)
    assert found.to_json() == {
        "alarms": [
            {"name": "a", "since": "2026-11-05T10:15:00Z", "why": "", "about": ""},
            {"name": "b", "since": "2026-11-05T10:15:00Z", "why": "too many", "about": "Rows are missing."},
        ],
        "open_hours": {"api-requests": 0, "usage-events": 1},
        "error_objects": {"api-requests": 1, "usage-events": 0},
        "dead_letters": 4,
        "unfinalized": [],
    }
    assert not found.is_well


def test_status_tells_of_months_that_ought_to_be_final_however_old_they_are() -> None:
    world = well(World())
    world.period("2026-05")
    world.period("2026-06", "2026-07-04T06:00:00Z")
    left = world.aws.dynamodb.tables["invoices"]["PERIODS", "2026-06"]
    left |= {"state": "open", "left": Decimal(2)}
    world.period("2026-09", "2026-10-04T06:00:00Z")
    world.period("2026-10")  # it could be final since yesterday
    hold = {"pk": "HOLDS", "sk": "PERIOD#2026-05", "by": WHO, "reason": "a look", "at": "2026-06-01T08:00:00Z"}
    world.aws.dynamodb.tables["invoices"]["HOLDS", "PERIOD#2026-05"] = hold
    world.hour("api-requests", "2026-05-03T08:00:00Z", "missing", 4)
    found = status(world.stack)
    may = {"period": "2026-05", "since": "2026-06-04T00:00:00Z", "left": None, "open_hours": 1, "on_hold": True}
    june = {"period": "2026-06", "since": "2026-07-04T00:00:00Z", "left": 2, "open_hours": 0, "on_hold": False}
    assert (found.unfinalized, found.is_well) == ((may, june), False)
    later = status(world.at(datetime(2026, 11, 12, tzinfo=UTC)))
    assert [one["period"] for one in later.unfinalized] == ["2026-05", "2026-06", "2026-10"]


def test_a_deployment_of_which_all_is_well() -> None:
    world = well(World())
    world.period("2026-09", "2026-10-04T06:00:00Z")
    world.period("2026-10")
    assert status(world.stack).is_well


def test_months_that_ought_to_be_final_are_shown() -> None:
    world = well(World())
    world.period("2026-05")
    assert typed(world, "status", code=1).splitlines()[-4:] == [
        "Months that ought to be final",
        "month     since                  tenants left   open hours   on hold",
        "────────────────────────────────────────────────────────────────────",
        "2026-05   2026-06-04T00:00:00Z            all            0   no",
    ]
