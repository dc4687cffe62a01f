"""A keep-alive connection for very many requests: HTTP/1.1 as far as API Gateway speaks it, at little cost.

`http.client` parses each answer's headers as a mail's, which takes longer than all the rest of a client's work.
"""

import socket
from typing import NamedTuple, Self
from urllib.parse import urlsplit

EXTENDED_ID = b"x-amz-apigw-id"
_SECONDS = 60.0
_CHUNK = 1 << 16


class UnansweredError(ConnectionError):
    """A request was sent, and no answer came; nobody knows what became of it."""


class Answer(NamedTuple):
    """What came back."""

    status: int
    extended_id: bytes
    """The gateway's own id of the request; empty if the answer has none."""
    body: bytes


class Connection:
    """A connection to an API, made at the first request and made again after a failure.

    Args:
        base_url: of the stage, without a trailing slash.
    """

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._address = (parts.hostname or "", parts.port or 80)
        self._host, self._prefix = parts.netloc, parts.path
        self._socket: socket.socket | None = None
        self._buffer = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def request(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
        """Write a request down, to be sent by `send` any number of times."""
        lines = [f"{method} {self._prefix}{path} HTTP/1.1", f"Host: {self._host}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    def send(self, request: bytes) -> Answer:
        """Send a request and wait for its answer.

        Raises:
            UnansweredError: there is none.
        """
        try:
            if self._socket is None:
                self._socket = socket.create_connection(self._address, _SECONDS)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.sendall(request)
            return self._answer(self._socket)
        except OSError as error:
            self.close()
            raise UnansweredError(str(error)) from error

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._buffer.clear()

    def _answer(self, connection: socket.socket) -> Answer:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            self._receive(connection)
        head = bytes(self._buffer[:end])
        lines = head.split(b"\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
        if b"content-length" not in headers:
            raise UnansweredError("an answer without Content-Length")
        size = end + 4 + int(headers[b"content-length"])
        while len(self._buffer) < size:
            self._receive(connection)
        body = bytes(self._buffer[end + 4 : size])
        del self._buffer[:size]
        if headers.get(b"connection", b"").lower() == b"close":
            self.close()
        return Answer(int(lines[0].split(b" ", 2)[1]), headers.get(EXTENDED_ID, b""), body)

    def _receive(self, connection: socket.socket) -> None:
        chunk = connection.recv(_CHUNK)
        if not chunk:
            raise UnansweredError("the connection was closed before the answer")
        self._buffer += chunk
