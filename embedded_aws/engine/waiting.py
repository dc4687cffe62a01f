"""Pulumi's waiting for all that a program has begun, at a price that grows with it and not with its square.

The SDK's own waits for the first of all open outputs, again and again, and each time registers with every one of them:
a program of twice as many resources then takes four times as long, most of it for that.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

from pulumi.runtime import stack
from pulumi.runtime.settings import SETTINGS, _get_rpc_manager


@contextlib.contextmanager
def waiting_once() -> Iterator[None]:
    """Let Pulumi's runtime wait in this way, for a while."""
    theirs = stack.wait_for_rpcs
    stack.wait_for_rpcs = wait_for_rpcs
    try:
        yield
    finally:
        stack.wait_for_rpcs = theirs


async def wait_for_rpcs(await_all_outstanding_tasks: bool = True) -> None:
    """Wait until no registration is under way and, unless told otherwise, no output is open.

    Raises:
        Exception: the first that one of them ended with.
    """
    manager = _get_rpc_manager()
    while True:
        while manager.rpcs:
            await asyncio.sleep(0)
            await _noting(manager, manager.rpcs.pop())
        if manager.unhandled_exception is not None:
            raise manager.unhandled_exception.with_traceback(manager.exception_traceback)
        if await_all_outstanding_tasks:
            await _outputs()
        if not manager.rpcs:
            return


async def _noting(manager: Any, rpc: Any) -> None:
    """Wait for a registration; the exception that stopped others is the cause of what it ends with."""
    try:
        await rpc
    except Exception as error:
        if manager.unhandled_exception is None:
            raise
        raise error from manager.unhandled_exception.with_traceback(manager.exception_traceback)


async def _outputs() -> None:
    """Wait for every open output, those included that open meanwhile, in the order in which they end."""
    ended: asyncio.Queue[asyncio.Task[Any]] = asyncio.Queue()
    waiting = 0
    while True:
        with SETTINGS.lock:
            new = list(SETTINGS.outputs)
            SETTINGS.outputs.clear()
        for task in new:
            task.add_done_callback(ended.put_nowait)
        waiting += len(new)
        if not waiting:
            return
        await (await ended.get())
        waiting -= 1
