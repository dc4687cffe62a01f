"""Each target's promises hold for the recorded events and what is near them; and each target can see one broken."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from metering import log_line
from proxy.request import Request
from tests.fuzz import access_log, posted, usage_events
from tests.fuzz.__main__ import NAMES
from tests.fuzz.mutate import mutate
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
MUTANTS = 300
SEED = 6

Function = Callable[..., Any]


def mutants(seeds: list[bytes], words: tuple[str, ...]) -> list[bytes]:
    """Return inputs near the seeds, the same ones each time: of half of them values are changed, of half bytes."""
    rng = random.Random(SEED)  # noqa: S311 - repeatable on purpose
    found = []
    for place in range(MUTANTS):
        seed = rng.choice(seeds)
        start = rng.randrange(len(seed))
        put = rng.choice((rng.randbytes(2), rng.choice(words).encode(), b""))
        changed = seed[:start] + put + seed[start + rng.choice((0, 1, 8)) :]
        found.append((mutate(seed, rng, words) if place % 2 else None) or changed)
    return found


def test_every_target_is_run() -> None:
    assert tuple(TARGETS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_targets_promises_hold_for_the_recorded_events_and_what_is_near_them(name: str) -> None:
    target = TARGETS[name]
    seeds = target.seeds()
    assert len(seeds) >= 4
    with target.ready() as check:
        for data in (*seeds, *mutants(seeds, target.words), b"", b"\xff", b"E", b"E{}", b"E[]", b"S", b"B[]"):
            check(data)


def without_the_last_answer(handler: Function) -> Function:
    return lambda *args: {"records": handler(*args)["records"][:-1]}


def with_an_answer_twice(handler: Function) -> Function:
    return lambda *args: {"records": handler(*args)["records"] * 2}


def with_an_empty_row(handler: Function) -> Function:
    return lambda *args: {
        "records": [{**answer, "result": "Ok", "data": "e30="} for answer in handler(*args)["records"]]
    }


def with_other_tenants(handler: Function) -> Function:
    def answer(event: Any, context: Any) -> Any:
        swapped = [{**record, "data": event["records"][0]["data"]} for record in event["records"]]
        return handler({**event, "records": swapped}, context)

    return answer


def quick_and_wrong(read: Function) -> Function:
    return lambda line: {**read(line), "status": "200", "ip": '"203.0.113.9"'} if read(line) else None


def put_twice(post: Function) -> Function:
    def twice(request: Any, intake: Any) -> Any:
        post(request, intake)
        return post(request, intake)

    return twice


def for_the_tenant_of_a_header(post: Function) -> Function:
    def other(request: Request, intake: Any) -> Any:
        claims = {"custom:tenant_id": request.headers.get("x-tenant-id", "somebody")}
        return post(Request(**{**vars(request), "claims": claims}), intake)

    return other


def with_a_500(post: Function) -> Function:
    def broken(request: Any, intake: Any) -> Any:
        done = post(request, intake)
        done.response["statusCode"] = 500
        return done

    return broken


BREAKS = (
    ("access_log", access_log.transform, "handler", without_the_last_answer),
    ("access_log", access_log.transform, "handler", with_an_answer_twice),
    ("access_log", access_log.transform, "handler", with_an_empty_row),
    ("access_log", access_log.transform, "handler", with_other_tenants),
    ("access_log", log_line, "read_plain", quick_and_wrong),
    ("usage_events", usage_events.transform_events, "handler", without_the_last_answer),
    ("usage_events", usage_events.transform_events, "handler", with_an_answer_twice),
    ("usage_events", usage_events.transform_events, "handler", with_an_empty_row),
    ("usage_events", usage_events.transform_events, "handler", with_other_tenants),
    ("posted", posted.events, "post", put_twice),
    ("posted", posted.events, "post", for_the_tenant_of_a_header),
    ("posted", posted.events, "post", with_a_500),
)


@pytest.mark.parametrize(
    ("name", "module", "function", "broken"), BREAKS, ids=lambda part: getattr(part, "__name__", part)
)
def test_a_target_sees_a_promise_broken(name: str, module: Any, function: str, broken: Function) -> None:
    replaced = mock.patch.object(module, function, broken(getattr(module, function)))
    with replaced, pytest.raises((AssertionError, ValueError)):
        check_seeds(name)


def test_a_target_sees_what_was_sent_in_a_log() -> None:
    said = mock.patch.object(posted.events, "_LINE", "took %(accepted)d of acme")
    with said, pytest.raises(AssertionError, match="a line of another form"):
        check_seeds("posted")


def check_seeds(name: str) -> None:
    with TARGETS[name].ready() as check:
        for data in TARGETS[name].seeds():
            check(data)


def test_the_fuzzers_environment_has_the_programs_own_versions() -> None:
    def pins(file: str) -> dict[str, str]:
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
        return dict(line.split("==", 1) for line in lines)

    own = pins("requirements-fuzz.txt")
    assert own.pop("atheris")
    assert own.items() <= pins("requirements.txt").items()
