"""What can go wrong in a deployment, in words that name the resource or the key."""

from collections.abc import Sequence
from dataclasses import dataclass


class EngineError(Exception):
    """A deployment cannot go on."""


class ConfigError(EngineError):
    """The project's or the stack's file does not fit; one line per fault."""


class ProgramError(EngineError):
    """The program stopped by itself, as with `pulumi.RunError`, or raised."""


class ResourceError(EngineError):
    """A registration that the engine cannot carry out: its type, an option, or what its provider refuses."""


class UnknownTypeError(ResourceError):
    """A resource of a type, or a call of a function, that the embedded AWS does not know."""


class ProtectedError(EngineError):
    """Resources under `protect` would have been deleted or replaced."""


@dataclass(frozen=True)
class Failure:
    """What failed, and how."""

    urn: str
    operation: str
    error: Exception

    def __str__(self) -> str:
        return f"{self.urn}: {self.operation} failed: {self.error}"


class DeploymentError(EngineError):
    """Some resources failed; what was made before stays in the stack's state, so that the next `up` goes on from there.

    Attributes:
        failures: each with its URN and the error, AWS's own where it was AWS that refused.
    """

    def __init__(self, failures: Sequence[Failure]) -> None:
        super().__init__("\n".join(str(failure) for failure in failures))
        self.failures = tuple(failures)
