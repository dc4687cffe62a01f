"""Stops an embedded AWS of its own while functions, a query and clients hang; prints the seconds and what is left.

A process has one embedded AWS in its life, so the tests run this as a program.
"""

import json
import socket
import sys
import time
from typing import Any

from embedded_aws.gateway.data_plane import GATE
from embedded_aws.server import EmbeddedAws
from tests.embedded.firehose_kit import Stream, eventually, row
from tests.embedded.gateway_api import Api
from tests.embedded.gateway_kit import client
from tests.embedded.leftovers import left_behind, processes, snapshot
from tests.embedded.queue_kit import function_arn, make_queue, polling_role

STUCK = """
    import signal, subprocess
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    def handler(event, context):
        subprocess.run(["/bin/sleep", "611"])
"""
ENDLESS = "WITH n AS (SELECT x FROM UNNEST(sequence(1, 9000)) AS t(x)) SELECT sum(a.x * b.x + c.x) FROM n a, n b, n c"
TOO_MUCH = 40_000_000  # bytes: more than sockets hold


def _state(athena: Any, query: str) -> str:
    return str(athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"])


def _sleepers() -> int:
    return sum(one.command == "/bin/sleep 611" for one in processes())


def _connect(aws: EmbeddedAws, request: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", aws.port))
    connection.sendall(request.replace("\n", "\r\n").encode())
    return connection


def _get(aws: EmbeddedAws, url: str) -> socket.socket:
    return _connect(aws, f"GET {url.removeprefix(aws.url)} HTTP/1.1\nHost: 127.0.0.1:{aws.port}\n\n")


def main() -> None:
    before = snapshot()
    aws = EmbeddedAws().start()
    stream, api, s3 = Stream(aws, STUCK, {"Timeout": 900}), Api(aws, STUCK), client(aws, "s3")
    api.add("open", authorize=False)
    api.permit("GET/open")
    api.move_to(api.deploy())
    s3.create_bucket(Bucket="big")
    s3.put_object(Bucket="big", Key="big", Body=bytes(TOO_MUCH))
    stream.put(row(1))
    queue = make_queue(aws)
    worker = function_arn(aws, STUCK, role=polling_role(aws, queue), Timeout=20)
    client(aws, "lambda").create_event_source_mapping(EventSourceArn=queue.arn, FunctionName=worker)
    queue.send("a message")
    client(aws, "lambda").invoke(FunctionName=worker, InvocationType="Event")
    athena = client(aws, "athena")
    query = athena.start_query_execution(
        QueryString=ENDLESS, ResultConfiguration={"OutputLocation": "s3://big/answers/"}
    )["QueryExecutionId"]
    eventually(lambda: _state(athena, query) == "RUNNING")
    waits_for_its_answer = _get(aws, api.url("/open"))
    takes_no_answer = _get(aws, s3.generate_presigned_url("get_object", Params={"Bucket": "big", "Key": "big"}))
    sends_no_body = _connect(aws, "PUT /big/b HTTP/1.1\nHost: localhost\nContent-Length: 9\n\n1234")
    keeps_alive = _get(aws, "/_ministack/health")
    keeps_alive.recv(10)
    eventually(lambda: _sleepers() == len(["of the transform", "of the API", "of the queue", "asynchronous"]))
    GATE.drain_seconds = aws.activity.drain_seconds = aws.firehose.stop_seconds = 1
    started = time.monotonic()
    aws.stop()
    seconds = time.monotonic() - started
    for connection in (waits_for_its_answer, takes_no_answer, sends_no_body, keeps_alive):
        connection.close()
    report = aws.firehose.report()
    found = {
        "seconds": seconds,
        "sleepers": _sleepers(),
        "in the error bucket": report.error_records,
        "undelivered": report.undelivered,
        "left behind": left_behind(before),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
