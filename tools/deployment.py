"""Deploying the program into the embedded AWS, with a view of it resource by resource."""

from collections.abc import Iterator
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
_MARKS = {Kind.STARTED: "[yellow]…[/]", Kind.DONE: "[green]✓[/]", Kind.FAILED: "[bold red]✗[/]"}


class ComponentTree:
    """The stack as a tree: components with their resources, each with its state and its seconds."""

    def __init__(self, title: str) -> None:
        self.tree = Tree(title)
        self._nodes: dict[str, Tree] = {}

    def show(self, event: ResourceEvent) -> None:
        """Take an event in: a new resource becomes a leaf below its parent, a known one changes its mark."""
        node = self._nodes.get(event.urn)
        if node is None:
            # A parent that has not been told of is the stack itself.
            node = self._nodes[event.urn] = self._nodes.get(event.parent, self.tree).add("")
        node.label = label(event)


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
    """Show a deployment: a live tree on a terminal, elsewhere the tree as it is at the end."""
    view = ComponentTree(title)
    if not console.is_terminal:
        try:
            yield view.show
        finally:
            console.print(view.tree)
        return
    with Live(view.tree, console=console, refresh_per_second=8):
        yield view.show


def deploy(aws: EmbeddedAws, console: Console) -> dict[str, Any]:
    """Deploy the program as `Pulumi.dev.yaml` says.

    Returns:
        The stack's exports, plus `endpoint_url` and `region`.
    """
    with progress(console, f"pulumi up, stack {STACK}, in the embedded AWS on {aws.url}") as on_event:
        result = Stack(PROJECT, STACK, aws.session(), on_event=on_event).up()
    return {**result.exports, "endpoint_url": aws.url, "region": aws.region}
