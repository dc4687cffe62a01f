"""Small Pulumi projects for tests of the engine."""

from pathlib import Path
from textwrap import dedent
from typing import Any

from embedded_aws.engine import ResourceEvent, Stack
from embedded_aws.server import EmbeddedAws

PREAMBLE = """
import json
import pulumi
import pulumi_aws as aws

TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
ALLOW = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}]}
"""


class Folder:
    """A Pulumi project in a folder of its own; `write` changes the program under the same stack."""

    def __init__(self, aws: EmbeddedAws, path: Path) -> None:
        self.aws, self.path = aws, path
        self.project = f"p{abs(hash(path)) % 10**8}"
        self.events: list[ResourceEvent] = []
        (path / "Pulumi.yaml").write_text(f"name: {self.project}\nruntime: python\n")
        self.stack = self.new_stack()

    def new_stack(self, **config: str) -> Stack:
        return Stack(self.path, "test", self.aws.session(), self.events.append, config)

    def write(self, program: str) -> None:
        (self.path / "__main__.py").write_text(PREAMBLE + dedent(program))

    def up(self, program: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Write the program, bring it up, and give its exports and what was done, by logical name."""
        self.write(program)
        result = self.stack.up()
        return dict(result.exports), {urn.rsplit("::", 1)[-1]: str(done) for urn, done in result.changes.items()}


def buckets(aws: EmbeddedAws) -> set[str]:
    return {bucket["Name"] for bucket in aws.session().client("s3").list_buckets()["Buckets"]}
