"""What examples are made of: inputs, and a world that makes what they need around them."""

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3

from embedded_aws.resources import CREATORS

BUCKET = "aws:s3/bucket:Bucket"
ROLE = "aws:iam/role:Role"
FUNCTION = "aws:lambda/function:Function"
API = "aws:apigateway/restApi:RestApi"
RESOURCE = "aws:apigateway/resource:Resource"
METHOD = "aws:apigateway/method:Method"
DEPLOYMENT = "aws:apigateway/deployment:Deployment"
STAGE = "aws:apigateway/stage:Stage"
POOL = "aws:cognito/userPool:UserPool"
QUEUE = "aws:sqs/queue:Queue"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
TABLE_BUCKET = "aws:s3tables/tableBucket:TableBucket"
NAMESPACE = "aws:s3tables/namespace:Namespace"
TABLE = "aws-native:s3tables:Table"
WORKGROUP = "aws:athena/workgroup:Workgroup"

EXAMPLES: dict[str, Callable[["World"], "Example"]] = {}
"""Token -> example; filled by the modules beside this one."""

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Example:
    inputs: dict[str, Any]
    change: dict[str, Any] = field(default_factory=dict)
    """Inputs that change in place; empty where every change replaces."""
    replaces: dict[str, Any] = field(default_factory=dict)
    """Inputs whose change replaces."""
    computed: frozenset[str] = frozenset()
    """Outputs beyond the inputs that must have a value."""


class World:
    """Makes what an example needs, and takes it down again, last first."""

    def __init__(self, session: boto3.Session) -> None:
        self.session = session
        self.number = next(_numbers)
        self._made: list[tuple[str, str, dict[str, Any]]] = []

    def make(self, token: str, inputs: Mapping[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        given = EXAMPLES[token](self).inputs if inputs is None else dict(inputs)
        id_, outputs = CREATORS[token].create(self.session, self.name, given)
        self._made.append((token, id_, outputs))
        return id_, outputs

    def role_of(self, function: str) -> str:
        """The role, made before, that a function runs under."""
        arn = self.session.client("lambda").get_function_configuration(FunctionName=function)["Role"]
        return str(arn.rsplit("/", 1)[-1])

    @property
    def name(self) -> str:
        return f"example{self.number}"

    def close(self) -> None:
        for token, id_, outputs in reversed(self._made):
            CREATORS[token].delete(self.session, id_, outputs)


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(action: str, resource: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
