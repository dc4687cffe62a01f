"""Deploying the program into the embedded AWS, with a view of it resource by resource."""

import argparse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.tree import Tree

from embedded_aws.engine import Kind, OnEvent, ResourceEvent, Stack
from embedded_aws.server import EmbeddedAws

PROJECT = Path(__file__).resolve().parent.parent
STACK = "dev"
IAM, LAKE_FORMATION = MODES = ("iam", "lakeformation")
"""Who may decide about access to the tables."""
_MARKS = {Kind.STARTED: "[yellow]…[/]", Kind.DONE: "[green]✓[/]", Kind.FAILED: "[bold red]✗[/]"}


class ComponentTree:
    """The stack as a tree: components with their resources, each with its state and its seconds."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._events: dict[str, ResourceEvent] = {}

    def show(self, event: ResourceEvent) -> None:
        """Take an event in: a new resource comes below its parent, a known one changes its mark."""
        # One step of the dictionary, and never a removal: the display reads it from a thread of its own.
        self._events[event.urn] = event

    @property
    def tree(self) -> Tree:
        """All resources."""
        return self._tree(self._events.values())

    @property
    def work(self) -> Tree:
        """What is in progress or has failed, below its parents, and how much is done: fits a small window."""
        events = list(self._events.values())
        told = {event.urn: event for event in events}
        shown: dict[str, ResourceEvent] = {}
        for event in events:
            step: ResourceEvent | None = event if event.kind is not Kind.DONE else None
            while step is not None:
                shown[step.urn] = step
                step = told.get(step.parent)
        tree = self._tree(event for event in events if event.urn in shown)
        tree.add(f"{_MARKS[Kind.DONE]} [dim]{sum(event.kind is Kind.DONE for event in events)} done[/]")
        return tree

    def _tree(self, events: Iterable[ResourceEvent]) -> Tree:
        tree, nodes = Tree(self._title), dict[str, Tree]()
        for event in list(events):
            # A parent that has not been told of is the stack itself.
            nodes[event.urn] = nodes.get(event.parent, tree).add(label(event))
        return tree


def label(event: ResourceEvent) -> str:
    """Name a resource, its type and how far it is."""
    seconds = "" if event.kind is Kind.STARTED else f" [dim]{event.seconds:.1f} s[/]"
    error = f" [red]{escape(event.error)}[/]" if event.error else ""
    return f"{_MARKS[event.kind]} {escape(event.name)} [dim]{escape(short_type(event.type))}[/]{seconds}{error}"


def short_type(token: str) -> str:
    """Shorten a type token as Pulumi's CLI shows it: `aws:s3/bucket:Bucket` is `aws:s3:Bucket`."""
    package, module, name = token.split(":", 2)
    return f"{package}:{module.split('/')[0]}:{name}"


@contextmanager
def progress(console: Console, title: str) -> Iterator[OnEvent]:
    """Show a deployment: on a terminal what is in progress, at the end and elsewhere the whole tree."""
    view = ComponentTree(title)
    try:
        if console.is_terminal:
            with Live(get_renderable=lambda: view.work, console=console, refresh_per_second=8, transient=True):
                yield view.show
        else:
            yield view.show
    finally:
        console.print(view.tree)


def add_mode(parser: argparse.ArgumentParser) -> None:
    """Let a command be told who decides about access."""
    parser.add_argument("--mode", choices=MODES, default=IAM, help="who decides about access to the tables")


def deploy(aws: EmbeddedAws, console: Console, mode: str = IAM) -> dict[str, Any]:
    """Deploy the program as `Pulumi.dev.yaml` says.

    Args:
        aws: where.
        console: what it is shown on.
        mode: who decides about access to the tables, one of `MODES`.

    Returns:
        The stack's exports, plus `endpoint_url` and `region`.
    """
    config = {} if mode == IAM else {"saas-metering:accessControl": mode}
    with progress(console, f"pulumi up, stack {STACK}, in the embedded AWS on {aws.url}") as on_event:
        result = Stack(PROJECT, STACK, aws.session(), on_event=on_event, config=config).up()
    return {**result.exports, "endpoint_url": aws.url, "region": aws.region}
