"""Deploys an unmodified Pulumi program into the embedded AWS, without Pulumi's CLI."""

from embedded_aws.engine.errors import (
    ConfigError,
    DeploymentError,
    EngineError,
    Failure,
    ProgramError,
    ProtectedError,
    ResourceError,
    UnknownTypeError,
)
from embedded_aws.engine.events import Kind, OnEvent, Operation, ResourceEvent
from embedded_aws.engine.stack import Stack, UpResult
from embedded_aws.engine.state import ResourceState

__all__ = [
    "ConfigError",
    "DeploymentError",
    "EngineError",
    "Failure",
    "Kind",
    "OnEvent",
    "Operation",
    "ProgramError",
    "ProtectedError",
    "ResourceError",
    "ResourceEvent",
    "ResourceState",
    "Stack",
    "UnknownTypeError",
    "UpResult",
]
