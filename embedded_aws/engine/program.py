"""Running a Pulumi program in this process, as Pulumi's language host runs it in one of its own."""

import asyncio
import contextlib
import contextvars
import os
import runpy
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pulumi.errors import RunError
from pulumi.runtime import mocks, set_all_config
from pulumi.runtime.settings import ROOT, Settings, configure
from pulumi.runtime.stack import run_in_stack

from embedded_aws.engine.config import Project
from embedded_aws.engine.errors import ProgramError
from embedded_aws.engine.monitor import Monitor
from embedded_aws.engine.waiting import waiting_once

_AT_ONCE = 8  # registrations that are carried out at the same time


@contextlib.contextmanager
def surroundings(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Put the process into the state of a fresh one started in the project's folder, and back.

    Its folder is the current one and first on the import path, the variables are set, and the modules that the program
    brings are forgotten afterwards, so that its next run sees its files as they are then.
    """
    environ, path, cwd, modules = dict(os.environ), list(sys.path), Path.cwd(), set(sys.modules)
    without_bytecode = sys.dont_write_bytecode
    # Bytecode counts as that of any source of the same size and second: a file edited between two runs could stay as it
    # was.
    sys.dont_write_bytecode = True
    os.environ.update(environment)
    sys.path.insert(0, str(folder))
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(cwd)
        sys.dont_write_bytecode = without_bytecode
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(environ)
        for name in set(sys.modules) - modules:
            if name.partition(".")[0] not in modules and _is_the_programs(sys.modules[name], folder):
                del sys.modules[name]


def run_program(project: Project, monitor: Monitor, *, dry_run: bool) -> None:
    """Run a project's program to its end, all registrations included.

    Raises:
        ProgramError: the program raised; after `pulumi.RunError` its message alone.
    """
    try:
        # A context of its own: Pulumi keeps its settings, configuration and root resource in context variables.
        contextvars.copy_context().run(_run, project, monitor, dry_run)
    except RunError as error:
        raise ProgramError(str(error)) from error
    except Exception as error:
        raise ProgramError(f"{type(error).__name__}: {error}") from error


def _run(project: Project, monitor: Monitor, dry_run: bool) -> None:
    ROOT.set(None)
    configure(
        Settings(
            project=project.name,
            stack=project.stack,
            monitor=monitor,
            engine=mocks.MockEngine(None),
            dry_run=dry_run,
            organization="organization",
            root_directory=str(project.folder),
        )
    )
    set_all_config(dict(project.config))
    executor = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="embedded-engine")
    loop = asyncio.new_event_loop()
    loop.set_default_executor(executor)
    asyncio.set_event_loop(loop)

    def main() -> None:
        runpy.run_path(str(project.main), run_name="__main__")

    try:
        with waiting_once():
            loop.run_until_complete(run_in_stack(main))
    finally:
        # After a failure others may still be at work: what they make must be in the state before anybody looks.
        executor.shutdown(wait=True, cancel_futures=True)
        _abandon(loop)
        asyncio.set_event_loop(None)
        loop.close()


def _abandon(loop: asyncio.AbstractEventLoop) -> None:
    """End what still waits for the outputs of a failed resource; the failure itself is reported elsewhere."""
    loop.set_exception_handler(lambda _loop, _context: None)
    waiting = asyncio.all_tasks(loop)
    for task in waiting:
        task.cancel()
    if waiting:
        loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))


def _is_the_programs(module: Any, folder: Path) -> bool:
    """Tell the program's own modules from installed ones, whose environment mostly lies in the same folder."""
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and Path(file).is_relative_to(folder) and "site-packages" not in Path(file).parts
