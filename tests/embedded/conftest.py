"""One embedded AWS for the whole test session; each test makes resources under names of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.engine import Stack
from embedded_aws.server import EmbeddedAws
from tests.embedded.engine_kit import Folder
from tools.outputs import StackOutputs

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Deployed:
    """The program as `Pulumi.dev.yaml` says, in the session's embedded AWS."""

    stack: Stack
    exports: dict[str, Any]


@pytest.fixture(scope="session")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as server:
        yield server


@pytest.fixture(scope="session")
def deployed(aws: EmbeddedAws) -> Deployed:
    stack = Stack(PROJECT, "dev", aws.session())
    return Deployed(stack, dict(stack.up().exports))


@pytest.fixture(scope="session")
def outputs(aws: EmbeddedAws, deployed: Deployed) -> StackOutputs:
    return StackOutputs.of({**deployed.exports, "endpoint_url": aws.url})


@pytest.fixture
def folder(aws: EmbeddedAws, tmp_path: Path) -> Iterator[Folder]:
    """A small project whose resources are gone after the test."""
    made = Folder(aws, tmp_path)
    yield made
    for resource in made.stack.resources:
        resource.protect = False
    made.stack.destroy()
