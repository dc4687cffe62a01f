"""Setting error objects aside, against fakes."""

from typing import Any

from tests.unit.tools.operate_kit import AT, REFUSED, REQUESTS, TIMED_OUT, WHO, World, error_object, key, log_line
from tests.unit.tools.status_kit import FakeSqs, alarms
from tools.operate.aside import set_aside
from tools.operate.replay import Wanted, replay
from tools.operate.status import status

WHY = "nobody bills such events"


def counts(**changed: Any) -> dict[str, Any]:
    return {"source": "api-requests", "objects": 0, "records": 0, "codes": {}, "half_way": 0, **changed}


def world() -> World:
    return World(
        {
            key("one"): error_object(log_line("a"), log_line("b")),
            key("two"): error_object(b"{", code=REFUSED),
        }
    )


def test_a_dry_run_tells_and_writes_nothing() -> None:
    here = world()
    assert set_aside(here.stack, Wanted()).to_json() == {
        "action_id": None,
        "sources": [
            counts(objects=2, records=3, codes={REFUSED: 1, TIMED_OUT: 2}),
            counts(source="usage-events"),
        ],
    }
    assert here.items == {}


def test_what_is_set_aside_is_marked_kept_and_left_by_the_next_replay() -> None:
    here = world()
    here.services |= {"cloudwatch": alarms(), "sqs": FakeSqs("2")}
    found = set_aside(here.stack, Wanted("api-requests", reason_code=REFUSED), reason=WHY)
    assert [one.to_json() for one in found.sources] == [counts(objects=1, records=1, codes={REFUSED: 1})]
    assert here.marks() == {key("two"): ("aside", 1, 0)}
    [action] = here.stack.actions.all()
    assert (action["command"], action["by"], action["reason"], action["state"]) == ("set-aside", WHO, WHY, "done")
    assert status(here.stack).error_objects == {"api-requests": 1, "usage-events": 0}
    again = set_aside(here.stack, Wanted("api-requests"), reason=WHY)
    assert again.objects == 1
    left = replay(here.stack, Wanted("api-requests"), reason="perhaps")
    assert [(one.put, one.done_before) for one in left.sources] == [(0, 2)]
    everything = replay(here.stack, Wanted("api-requests", everything=True), reason="now it can be")
    assert (everything.put, here.marks()) == (3, {key("one"): ("done", 2, 2), key("two"): ("done", 1, 1)})


def test_what_a_replay_left_half_way_is_told_and_left() -> None:
    here = world()
    here.stack.marks.begin(REQUESTS, key("one"), action_id="x", at=AT, records=2)
    here.stack.marks.advance(REQUESTS, key("one"), at=AT, put=1)
    dry, found = (
        set_aside(here.stack, Wanted("api-requests")),
        set_aside(here.stack, Wanted("api-requests"), reason=WHY),
    )
    for result in (dry, found):
        assert [one.to_json() for one in result.sources] == [
            counts(objects=1, records=1, codes={REFUSED: 1}, half_way=1)
        ]
    assert here.marks() == {key("one"): ("putting", 2, 1), key("two"): ("aside", 1, 0)}
