"""The stop of the data plane: no new requests, and an end of those that are being served."""

import json
import threading
from typing import Any

Answer = tuple[int, dict[str, Any], bytes]


class Gate:
    """Lets requests in until it is closed; knows how many are inside.

    Attributes:
        drain_seconds: how long the closing waits for them; an integration may take 29 s, and gets a 503 then.
    """

    def __init__(self) -> None:
        self.drain_seconds = 10.0
        self._changed = threading.Condition()
        self._inside, self._closed = 0, False

    @property
    def closed(self) -> bool:
        """Whether the data plane stops."""
        return self._closed

    def enter(self) -> bool:
        """Let a request in, which must `leave` later; gives whether it is in."""
        with self._changed:
            if not self._closed:
                self._inside += 1
            return not self._closed

    def leave(self) -> None:
        """Let out a request whose access log line has been delivered."""
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def close(self) -> int:
        """Let no further request in, and wait for those inside; gives how many still are."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: self._inside == 0, timeout=self.drain_seconds)
            return self._inside


def unavailable() -> Answer:
    """Give AWS's answer of an API that cannot serve; the connection ends with it."""
    headers = {
        "Content-Type": "application/json",
        "x-amzn-ErrorType": "ServiceUnavailableException",
        "Connection": "close",
    }
    return 503, headers, json.dumps({"message": "Service Unavailable"}).encode()
