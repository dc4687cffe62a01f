"""Stops an embedded AWS of its own while streams hold records; prints what became of them as JSON.

A process has one embedded AWS in its life, so the tests run this as a program.
"""

import json
import sys

from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.firehose_kit import ACTIONS, COPY, Stream, row

NEVER = {"SizeInMBs": 128, "IntervalInSeconds": 900}
SLOW = COPY.replace("    return", "    import time; time.sleep(0.5)\n    return")


def main() -> None:
    with EmbeddedAws() as aws:
        held = Stream(aws, COPY, parameters={"BufferIntervalInSeconds": "900"}, settings={"BufferingHints": NEVER})
        busy = Stream(aws, SLOW, settings={"BufferingHints": NEVER, "RetryOptions": {"DurationInSeconds": 300}})
        failing = Stream(aws, settings={"BufferingHints": NEVER, "RetryOptions": {"DurationInSeconds": 300}})
        blocked = Stream(aws, "no_handler = 1", parameters={"NumberOfRetries": "0"})
        stuck = Stream(aws, settings={"BufferingHints": NEVER})
        blocked.allow(set(ACTIONS) - {"s3:PutObject"})
        for stream in (blocked, held, busy, failing, stuck):
            stream.put(*(row(number) for number in range(300)), b"no row")
        failing.allow(set(ACTIONS) - {"glue:UpdateTable"})
        stuck.allow(set(ACTIONS) - {"s3:PutObject"})
        aws.firehose.stop_seconds = 1
        report = aws.firehose.quiesce(timeout=6)
        try:
            held.put(row(301))
            refused = ""
        except ClientError as error:
            refused = error.response["Error"]["Code"]
        found = {
            name: {
                "rows": len(stream.rows()),
                "errors": len(stream.errors()),
                "undelivered": report.streams[stream.name].undelivered,
            }
            for name, stream in {
                "held": held,
                "busy": busy,
                "failing": failing,
                "stuck": stuck,
                "blocked": blocked,
            }.items()
        }
        found["sum"] = {"received": report.received, "undelivered": report.undelivered}
        json.dump({**found, "refused": refused, "folder": str(aws.folder)}, sys.stdout)


if __name__ == "__main__":
    main()
