"""The embedded AWS of a chaos run, with the program deployed, in a process and with an interpreter of its own.

`python -m tools.chaos.server` prints one line of JSON, the stack's exports, and ends when its input does.
"""

import contextlib
import json
import os
import sys
from typing import Any

from embedded_aws.engine import Stack
from embedded_aws.server import EmbeddedAws
from tools import interrupt
from tools.deployment import PROJECT, STACK

CONFIG = {
    # The stage's own throttle would answer 429 long before this machine is busy.
    "saas-metering:throttleRate": "10000",
    "saas-metering:throttleBurst": "5000",
    # Batches as in production, and a delivery that is given up soon: retries run on real time.
    "saas-metering:transformBufferIntervalSeconds": "20",
    "saas-metering:deliveryBufferIntervalSeconds": "20",
    "saas-metering:deliveryRetrySeconds": "2",
}


def main() -> int:
    """Serve until standard input ends; returns 0."""
    interrupt.install()
    os.environ["S3_PERSIST"] = "1"  # objects lie in its folder, not in its memory: half a million records will fail
    with EmbeddedAws() as aws, contextlib.suppress(KeyboardInterrupt):
        result = Stack(PROJECT, STACK, aws.session(), config=CONFIG).up()
        exports: dict[str, Any] = {**result.exports, "endpoint_url": aws.url, "region": aws.region}
        sys.stdout.write(json.dumps(exports) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
