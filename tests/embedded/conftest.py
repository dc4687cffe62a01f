"""One embedded AWS for the whole test session; each test makes resources under names of its own."""

import socket
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


def _is_local(host: Any) -> bool:
    return host in {None, "", "localhost", "::1", "0.0.0.0"} or str(host).startswith("127.")  # noqa: S104 - only told


@pytest.fixture(scope="session")
def strangers() -> Iterator[list[str]]:
    """What the tests' process looked up or connected to beyond loopback."""
    found: list[str] = []
    look_up, connect = socket.getaddrinfo, socket.socket.connect

    def noted_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_local(host.decode() if isinstance(host, bytes) else host):
            found.append(f"name {host}")
        return look_up(host, *args, **kwargs)

    def noted_connect(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_local(address[0]):
            found.append(f"address {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", noted_look_up)
        patch.setattr(socket.socket, "connect", noted_connect)
        yield found


@pytest.fixture(autouse=True)
def _loopback_only(strangers: list[str]) -> Iterator[None]:
    yield
    found = strangers.copy()
    strangers.clear()
    assert found == []


@pytest.fixture(scope="session")
def aws(strangers: list[str]) -> Iterator[EmbeddedAws]:  # noqa: ARG001 - it watches the start, too
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
