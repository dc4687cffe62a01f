"""An object in an error bucket that is none of Firehose's keeps nobody from the others."""

from rating.period import Period
from tests.unit.tools.operate_kit import TIMED_OUT, World, error_object, key, log_line
from tests.unit.tools.test_operate_commands import typed
from tools.operate.again import failed_again
from tools.operate.aside import set_aside
from tools.operate.explain import PutAside, _put_aside
from tools.operate.replay import Wanted, replay
from tools.operate.sources import source_of

REQUESTS = Wanted("api-requests")
RULE = "line 2: must be one of Firehose's error records: JSONDecodeError"


def world() -> World:
    strange = error_object(log_line("c")) + b"somebody's\n"
    return World({key("one"): error_object(log_line("a"), log_line("b")), key("two"): strange})


def test_a_replay_leaves_it_and_tells_of_it() -> None:
    here = world()
    why = f"object {key('two')} of errors, {RULE}"
    dry = replay(here.stack, REQUESTS).sources[0]
    assert (dry.objects, dry.records, dry.unreadable, dry.why_unreadable) == (1, 2, 1, why)
    done = replay(here.stack, REQUESTS, reason="mended")
    assert (done.put, done.sources[0].unreadable, here.marks()) == (2, 1, {key("one"): ("done", 2, 2)})
    assert failed_again(here.stack, done.action_id or "").failed == 0
    shown = " ".join(typed(here, "replay --source api-requests", code=1).split())
    assert f"api-requests: 1 object that cannot be read, such as: {why}" in shown


def test_it_is_set_aside_as_any_other() -> None:
    here = world()
    [found] = set_aside(here.stack, REQUESTS, reason="a file of somebody else's").sources
    assert (found.objects, found.records, found.codes) == (2, 2, {TIMED_OUT: 2})
    assert here.marks() == {key("one"): ("aside", 2, 0), key("two"): ("aside", 0, 0)}


def test_it_says_nothing_of_a_tenant() -> None:
    here = world()
    found = _put_aside(
        here.stack, source_of(here.stack.outputs, "api-requests"), "nobody", Period(2026, 11), lambda *_: None
    )
    assert found == PutAside()
