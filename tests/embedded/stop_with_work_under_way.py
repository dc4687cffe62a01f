"""Stops an embedded AWS of its own while functions are due that no request waits for; prints what they did.

A process has one embedded AWS in its life, so the tests run this as a program.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from embedded_aws.server import EmbeddedAws
from tests.embedded.firehose_kit import eventually
from tests.embedded.gateway_kit import client, make_role, unique
from tests.embedded.leftovers import left_behind, snapshot
from tests.embedded.queue_kit import function_arn, make_queue, polling_role

# Leaves a mark only when it is called again, or if it was called by a queue.
SLOW = """
    import json, pathlib, time
    def handler(event, context):
        records = event.get("Records")
        wanted = json.loads(records[0]["body"]) if records else event
        path = pathlib.Path(wanted["path"])
        begun = path.with_suffix(".begun")
        again = begun.exists()
        begun.touch()
        time.sleep(0.3)
        if not (records or again):
            raise ValueError("the first attempt fails")
        path.touch()
"""


def main() -> None:
    folder = Path(os.environ["TMPDIR"]) / "marks"
    before = snapshot()
    folder.mkdir()
    paths = {name: {"path": str(folder / name)} for name in ("message", "invoked", "delivered")}
    with EmbeddedAws() as aws:
        queue = make_queue(aws)
        function = function_arn(aws, SLOW, role=polling_role(aws, queue), Timeout=20)
        client(aws, "lambda").create_event_source_mapping(EventSourceArn=queue.arn, FunctionName=function)
        role = make_role(aws, service="scheduler.amazonaws.com", lambda__InvokeFunction=function)
        target = {"Arn": function, "RoleArn": role, "Input": json.dumps(paths["delivered"])}
        name = unique("schedule")
        client(aws, "scheduler").create_schedule(
            Name=name, ScheduleExpression="rate(1 day)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target
        )
        queue.send(paths["message"])
        payload = json.dumps(paths["invoked"]).encode()
        client(aws, "lambda").invoke(FunctionName=function, InvocationType="Event", Payload=payload)
        aws.scheduler.fire(name, datetime.now(UTC))
        eventually(lambda: len(list(folder.glob("*.begun"))) == len(paths))
    marks = sorted(path.name for path in folder.iterdir() if not path.suffix)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    json.dump({"marks": marks, "left behind": left_behind(before)}, sys.stdout)


if __name__ == "__main__":
    main()
