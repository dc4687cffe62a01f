"""What happens to resources while a stack is deployed, for whoever shows it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Operation(StrEnum):
    """What is done to a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    SAME = "same"


class Kind(StrEnum):
    """How far it has come."""

    STARTED = "started"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class ResourceEvent:
    """One step of one resource, or of a component (whose end is that of its constructor).

    Attributes:
        kind, operation: what happens.
        urn, type, name: the resource.
        parent: URN of its parent, the stack's at the top; empty for the stack itself.
        seconds: since it started; 0 at the start.
        error: text of what went wrong, None unless it failed.
    """

    kind: Kind
    operation: Operation
    urn: str
    type: str
    name: str
    parent: str
    seconds: float = 0.0
    error: str | None = None


OnEvent = Callable[[ResourceEvent], None]
"""Called from several threads, one event at a time."""
