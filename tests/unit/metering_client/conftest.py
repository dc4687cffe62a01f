"""The client's tests talk to an API on loopback: that what it sends is HTTP is what they prove."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from metering_client import MeteringClient
from tests.unit.metering_client.stub import Api, Clock, serve


@pytest.fixture(autouse=True)
def _no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow loopback here, which other unit tests do without."""
    connect = socket.socket.connect

    def local(self: socket.socket, address: Any) -> None:
        assert address[0] == "127.0.0.1"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local)


@pytest.fixture
def api() -> Iterator[Api]:
    with serve() as made:
        yield made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(api: Api, clock: Clock) -> Callable[..., MeteringClient]:
    def client(**arguments: Any) -> MeteringClient:
        return MeteringClient(api.url, **{"token": "token", "source": "/ocr", "timing": clock.timing, **arguments})

    return client
