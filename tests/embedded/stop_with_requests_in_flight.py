"""Stops an embedded AWS of its own while clients call an API; prints what they were told and what was metered.

A process has one embedded AWS in its life, so the tests run this as a program.
"""

import http.client
import json
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from embedded_aws.gateway import LOST
from embedded_aws.gateway.data_plane import GATE
from embedded_aws.server import EmbeddedAws
from tests.embedded.firehose_kit import AT, COPY, Stream
from tests.embedded.gateway_api import Api
from tests.embedded.leftovers import left_behind, snapshot

NEVER = {"SizeInMBs": 128, "IntervalInSeconds": 900}
SLEEPER = """
    import time
    def handler(event, context):
        time.sleep(float(event["queryStringParameters"]["s"]))
        return {"statusCode": 200, "body": ""}
"""
LINE = f'{{"id":"$context.extendedRequestId","at":"{AT}","amount":$context.status}}\n'


@dataclass
class Client:
    """A client that calls over one connection, again and again, until it is told 503 or nothing at all."""

    aws: EmbeddedAws
    path: str
    seconds: float
    answers: list[tuple[int, str | None]] = field(default_factory=list)
    last: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.aws.port, timeout=30)
        while True:
            connection.request("GET", f"{self.path}?s={self.seconds}")
            with connection.getresponse() as answer:
                body = answer.read().decode()
                if answer.status == http.HTTPStatus.SERVICE_UNAVAILABLE:
                    self.last = {
                        "body": body,
                        "error": answer.headers["x-amzn-ErrorType"],
                        "connection": answer.headers["connection"],
                    }
                    return
                self.answers.append((answer.status, answer.headers["x-amz-apigw-id"]))


def main() -> None:
    before = snapshot()
    with EmbeddedAws() as aws:
        stream = Stream(aws, COPY, settings={"BufferingHints": NEVER}, prefix="amazon-apigateway")
        api = Api(aws, SLEEPER)
        api.add("open", authorize=False)
        api.permit("GET/open")
        api.move_to(api.deploy())
        api.log_to(stream.arn, LINE)
        path = api.url("/open").removeprefix(aws.url)
        clients = [Client(aws, path, 0.05 * number) for number in range(6)]
        too_slow = Client(aws, path, 9)
        time.sleep(3)
        GATE.drain_seconds = 2
        aws.before_stop.close()
        for client in (*clients, too_slow):
            client.thread.join()
        answers = [answer for client in clients for answer in client.answers]
        rows = Counter(row["id"] for row in stream.rows())
        found = {
            "enough": min(len(client.answers) for client in clients) > 0,
            "statuses": sorted({status for status, _ in answers}),
            "answered but not metered": [one for _, one in answers if one not in rows],
            "metered but not answered": len(rows) - len(answers),
            "metered twice": [one for one, times in rows.items() if times > 1],
            "last": [dict(kind) for kind in {tuple(client.last.items()) for client in clients}],
            "too slow": [too_slow.answers, too_slow.last["error"], sum(LOST.values())],
        }
    json.dump({**found, "left behind": left_behind(before)}, sys.stdout)


if __name__ == "__main__":
    main()
