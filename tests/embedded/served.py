"""An embedded AWS in a process of its own, until its input ends: what is once per account is nobody else's there."""

import sys

from embedded_aws.server import EmbeddedAws

if __name__ == "__main__":
    with EmbeddedAws() as aws:
        sys.stdout.write(f"{aws.url}\n")
        sys.stdout.flush()
        sys.stdin.read()
