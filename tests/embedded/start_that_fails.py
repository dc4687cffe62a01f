"""Starts an embedded AWS that cannot start, in one of several ways; prints the error and what it left behind.

A process has one embedded AWS in its life, so the tests run this as a program.
"""

import json
import socket
import sys

from embedded_aws import firehose, server
from tests.embedded.leftovers import left_behind, snapshot


def port_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server.EmbeddedAws(taken.getsockname()[1])


def part_fails() -> None:
    def install(_: server.EmbeddedAws) -> None:
        raise LookupError("no such hook")

    firehose.install = install
    server.EmbeddedAws()


def cannot_serve() -> None:
    aws = server.EmbeddedAws()
    aws._socket.close()
    aws.start()


def second_server() -> None:
    with server.EmbeddedAws():
        server.EmbeddedAws()


def main() -> None:
    before = snapshot()
    try:
        {way.__name__: way for way in (port_taken, part_fails, cannot_serve, second_server)}[sys.argv[1]]()
    except Exception as error:  # noqa: BLE001 - it is what the test asks for
        told = f"{type(error).__name__}: {error}"
    json.dump([told, left_behind(before)], sys.stdout)


if __name__ == "__main__":
    main()
