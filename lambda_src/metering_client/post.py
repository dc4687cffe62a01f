"""POST over a connection that is kept, with the standard library."""

import http.client
import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

MOST_ANSWER_BYTES = 16 * 1024 * 1024
"""Of an answer; one for 1,000 events is far smaller."""


@dataclass(frozen=True)
class HttpAnswer:
    """An HTTP answer: its status, headers by lower-case name, and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Poster:
    """Posts to one URL; not safe to share between threads.

    Args:
        url: https, or http on loopback: a token is in every request.
        timeout: seconds that a connection, and each part of an answer, may take.

    Raises:
        ValueError: the URL is another.
    """

    def __init__(self, url: str, timeout: float) -> None:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        plain = [parts.username, parts.password, parts.query, parts.fragment]
        if not parts.hostname or not (secure or (parts.scheme == "http" and _is_local(parts.hostname))) or any(plain):
            raise ValueError(f"url: must be https://<host>/<stage>, or http on loopback, is {_shown(url)!r}")
        self._path = parts.path or "/"
        self.posts = 0
        """Requests that have been sent, with or without an answer."""
        self._connection = (
            http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=timeout, context=ssl.create_default_context()
            )
            if secure
            else http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
        )

    def post(self, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """Post once.

        A kept connection that turns out to be closed is opened anew, and the request sent again.

        Raises:
            OSError: there is no answer; whether the request arrived, nobody knows.
            http.client.HTTPException: the answer is none of HTTP, or is cut off.
        """
        if self._connection.sock is not None:
            try:
                return self._post(body, headers)
            except TimeoutError:
                raise
            except (OSError, http.client.HTTPException):
                pass  # servers close what is idle, and a function that slept finds it so
        return self._post(body, headers)

    def _post(self, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        done = False
        try:
            self._connection.request("POST", self._path, body, dict(headers))
            self.posts += 1
            response = self._connection.getresponse()
            content = response.read(MOST_ANSWER_BYTES + 1)
            if len(content) > MOST_ANSWER_BYTES:
                raise http.client.HTTPException(f"an answer of more than {MOST_ANSWER_BYTES} bytes")
            done = True
        finally:
            if not done:
                self._connection.close()
        return HttpAnswer(response.status, {name.lower(): value for name, value in response.getheaders()}, content)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _shown(url: str) -> str:
    """Leave out what may be a password."""
    return url.rpartition("@")[2]
