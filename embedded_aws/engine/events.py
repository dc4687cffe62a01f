"""What happens to resources while a stack is deployed, for whoever shows it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


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


class Subject(Protocol):
    """What an event is about."""

    @property
    def urn(self) -> str:
        """Its URN."""

    @property
    def type(self) -> str:
        """Its type token."""

    @property
    def name(self) -> str:
        """Its logical name."""

    @property
    def parent(self) -> str:
        """URN of its parent."""


class Reporter:
    """Hands events to whoever wants them, one at a time."""

    def __init__(self, on_event: OnEvent | None) -> None:
        self._on_event = on_event
        self._lock = threading.Lock()

    def tell(
        self, kind: Kind, operation: Operation, what: Subject, seconds: float = 0.0, error: str | None = None
    ) -> None:
        """Report one step."""
        if self._on_event:
            event = ResourceEvent(kind, operation, what.urn, what.type, what.name, what.parent, seconds, error)
            with self._lock:
                self._on_event(event)
