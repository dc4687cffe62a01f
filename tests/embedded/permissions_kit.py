"""The deployed program's functions, called as their callers call them, and their roles with a permission less."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tools.outputs import StackOutputs


@dataclass
class Role:
    """A role's one inline policy."""

    iam: Any
    name: str

    @property
    def _policy(self) -> str:
        [name] = self.iam.list_role_policies(RoleName=self.name)["PolicyNames"]
        return str(name)

    def document(self) -> dict[str, Any]:
        document = self.iam.get_role_policy(RoleName=self.name, PolicyName=self._policy)["PolicyDocument"]
        return dict(document)

    def put(self, document: dict[str, Any]) -> None:
        self.iam.put_role_policy(RoleName=self.name, PolicyName=self._policy, PolicyDocument=json.dumps(document))

    def actions(self) -> set[str]:
        return {action for statement in self.document()["Statement"] for action in statement["Action"]}

    @contextmanager
    def without(self, action: str, about: str = "") -> Iterator[None]:
        """Take one action away for a while: wherever it stands, or on resources whose ARNs have a text in them."""
        whole = self.document()
        statements = [
            {**statement, "Action": [one for one in statement["Action"] if one != action]}
            if any(about in arn for arn in statement["Resource"])
            else statement
            for statement in whole["Statement"]
        ]
        less = {**whole, "Statement": [statement for statement in statements if statement["Action"]]}
        assert less != whole
        self.put(less)
        try:
            yield
        finally:
            self.put(whole)

    @contextmanager
    def seeing(self, partition: str, instead_of: str) -> Iterator[None]:
        """Let it see another partition of a table for a while, instead of the one that it may."""
        whole = self.document()
        [limited] = [statement for statement in whole["Statement"] if "Condition" in statement]
        assert limited["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [instead_of]}}
        other = {**limited, "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [partition]}}}
        self.put({**whole, "Statement": [other if one == limited else one for one in whole["Statement"]]})
        try:
            yield
        finally:
            self.put(whole)


def role_of(outputs: StackOutputs, function: str) -> Role:
    session = outputs.session()
    role = session.client("lambda").get_function_configuration(FunctionName=function)["Role"]
    return Role(session.client("iam"), role.rsplit("/", 1)[-1])


def function_behind(outputs: StackOutputs, path: str, method: str = "GET") -> str:
    """Name the function behind a route, as the API's integration does."""
    gateway, place = outputs.session().client("apigateway"), {"restApiId": outputs.rest_api_url.split("/")[-2]}
    [resource] = [one for one in gateway.get_resources(**place, limit=500)["items"] if one["path"] == path]
    uri = gateway.get_integration(**place, resourceId=resource["id"], httpMethod=method)["uri"]
    return str(uri.split(":function:")[1].split(":")[0])


@dataclass(frozen=True)
class Function:
    """A function behind a route, and its caller's tenant."""

    outputs: StackOutputs
    name: str
    tenant: str

    def ask(self, path: str = "", at: datetime | None = None, body: Any = None, **parameters: str) -> tuple[int, Any]:
        """Call the function as API Gateway does; give status and body."""
        event = {
            "resource": path,
            "httpMethod": "GET" if body is None else "POST",
            "headers": {"Content-Type": "application/cloudevents+json"},
            "pathParameters": parameters,
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
            "requestContext": {
                "requestTimeEpoch": int((at or datetime.now(UTC)).timestamp() * 1000),
                "authorizer": {"claims": {"custom:tenant_id": self.tenant}},
            },
        }
        answer = invoke(self.outputs, self.name, event)
        return answer["statusCode"], json.loads(answer["body"])


def invoke(outputs: StackOutputs, function: str, event: Any) -> Any:
    """Call a function behind its alias, and give what it answers."""
    payload = json.dumps(event).encode()
    answer = outputs.session().client("lambda").invoke(FunctionName=function, Qualifier="live", Payload=payload)
    return json.loads(answer["Payload"].read())
