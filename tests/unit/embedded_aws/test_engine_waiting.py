"""Waiting for all that a program has begun: nothing is left out, the first failure ends it, and each is asked once."""

import asyncio
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, stack
from pulumi.runtime.settings import SETTINGS, Settings, configure

from embedded_aws.engine.waiting import wait_for_rpcs, waiting_once


def run(program: Callable[[], None], **arguments: Any) -> None:
    """Run a program that makes outputs, and wait for them."""
    configure(Settings(project="p", stack="s", monitor=mocks.MockMonitor(_NoMocks()), engine=mocks.MockEngine(None)))

    async def main() -> None:
        program()
        await wait_for_rpcs(**arguments)

    asyncio.run(main())


class _NoMocks(mocks.Mocks):
    def call(self, args: mocks.MockCallArgs) -> Any:
        raise AssertionError(args.token)

    def new_resource(self, args: mocks.MockResourceArgs) -> Any:
        raise AssertionError(args.typ)


async def later(value: int) -> int:
    for _ in range(value):
        await asyncio.sleep(0)
    return value


def test_outputs_that_open_others_are_waited_for_with_them() -> None:
    seen: list[int] = []

    def opening(value: int) -> pulumi.Output[int]:
        seen.append(value)
        if value >= 40:
            return pulumi.Output.from_input(value)
        return pulumi.Output.from_input(later(value + 10)).apply(opening)

    run(lambda: [pulumi.Output.from_input(later(start)).apply(opening) for start in range(10)])
    assert sorted(seen) == sorted(start + step for start in range(10) for step in range(0, 50, 10))


def test_the_first_failure_ends_the_waiting_whatever_else_is_open() -> None:
    def program() -> None:
        pulumi.Output.from_input(asyncio.get_running_loop().create_future())
        pulumi.Output.from_input(later(3)).apply(lambda value: 1 // (value - 3))

    with pytest.raises(ZeroDivisionError):
        run(program)


def test_open_outputs_may_be_left_alone() -> None:
    run(
        lambda: pulumi.Output.from_input(asyncio.get_running_loop().create_future()),
        await_all_outstanding_tasks=False,
    )
    assert len(SETTINGS.outputs) > 0


def test_each_output_is_asked_once_to_tell_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's own waiting asks all that are open each time that one has ended."""
    waits: list[int] = []
    theirs = asyncio.wait

    def counted(tasks: Any, **arguments: Any) -> Any:
        waits.append(len(tasks))
        return theirs(tasks, **arguments)

    monkeypatch.setattr(asyncio, "wait", counted)
    run(lambda: [pulumi.Output.from_input(later(value)) for value in range(50)])
    assert waits == []


def test_pulumis_own_waiting_is_put_back() -> None:
    before = stack.wait_for_rpcs
    with waiting_once():
        assert stack.wait_for_rpcs is wait_for_rpcs
    assert stack.wait_for_rpcs is before
