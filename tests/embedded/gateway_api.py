"""The REST API that the tests of API Gateway call."""

import json
import time
from typing import Any

from embedded_aws.gateway import invoke_url
from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import Pool, Response, client, make_function, request, unique

LOG_FORMAT = json.dumps(
    {
        "requestId": "$context.requestId",
        "extendedRequestId": "$context.extendedRequestId",
        "status": "$context.status",
        "method": "$context.httpMethod",
        "resourcePath": "$context.resourcePath",
        "length": "$context.responseLength",
        "user": "$context.authorizer.claims['cognito:username']",
        "tenant": "$context.authorizer.claims['custom:tenant_id']",
        "errorType": "$context.error.responseType",
        "errorMessage": "$context.error.message",
        "integrationStatus": "$context.integrationStatus",
        "integrationError": "$context.integration.error",
        "ip": "$context.identity.sourceIp",
        "userAgent": "$context.identity.userAgent",
    }
)
ECHO = """
    import json
    def handler(event, context):
        return {"statusCode": 200, "body": json.dumps(event["requestContext"])}
"""


class Api:
    """A REST API with one `GET /things` behind a Cognito authorizer; its access log goes to a log group."""

    def __init__(
        self, aws: EmbeddedAws, source: str = ECHO, *, pool: Pool | None = None, permitted: bool = True
    ) -> None:
        self.aws, self.pool = aws, pool or Pool(aws)
        self.control, self.functions = client(aws, "apigateway"), client(aws, "lambda")
        self.name, self.stage = unique("api"), "dev"
        self.function = make_function(aws, source, Timeout=10)
        version = self.functions.publish_version(FunctionName=self.function)["Version"]
        alias = self.functions.create_alias(FunctionName=self.function, Name="live", FunctionVersion=version)
        self.alias_arn = alias["AliasArn"]
        self.id = self.control.create_rest_api(name=self.name)["id"]
        self.root = self.control.get_resources(restApiId=self.id)["items"][0]["id"]
        self.authorizer = self.control.create_authorizer(
            restApiId=self.id,
            name="pool",
            type="COGNITO_USER_POOLS",
            providerARNs=[self.pool.arn],
            identitySource="method.request.header.Authorization",
        )["id"]
        if permitted:
            self.permit()
        self.add("things")
        self.log_group = f"/access/{self.id}"
        client(aws, "logs").create_log_group(logGroupName=self.log_group)
        self.deployment = self.deploy()
        self.control.create_stage(restApiId=self.id, stageName=self.stage, deploymentId=self.deployment)
        self.log_to(f"arn:aws:logs:{aws.region}:{aws.account}:log-group:{self.log_group}", LOG_FORMAT)

    def permit(self, path: str = "GET/things") -> None:
        """Let the API invoke the alias for one method; the statement is named for it."""
        self.functions.add_permission(
            FunctionName=self.function,
            Qualifier="live",
            StatementId=path.replace("/", "-"),
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{self.aws.region}:{self.aws.account}:{self.id}/*/{path}",
        )

    def add(self, path: str, *, method: str = "GET", authorize: bool = True) -> None:
        """A resource with one method that invokes the function's alias."""
        resource = self.control.create_resource(restApiId=self.id, parentId=self.root, pathPart=path)["id"]
        target = {"restApiId": self.id, "resourceId": resource, "httpMethod": method}
        authorization = (
            {"authorizationType": "COGNITO_USER_POOLS", "authorizerId": self.authorizer}
            if authorize
            else {"authorizationType": "NONE"}
        )
        self.control.put_method(**target, **authorization)
        uri = f"arn:aws:apigateway:{self.aws.region}:lambda:path/2015-03-31/functions/{self.alias_arn}/invocations"
        self.control.put_integration(**target, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)

    def deploy(self) -> str:
        return self.control.create_deployment(restApiId=self.id)["id"]

    def move_to(self, deployment: str) -> None:
        self.patch(("/deploymentId", deployment))

    def patch(self, *changes: tuple[str, str]) -> None:
        operations = [{"op": "replace", "path": path, "value": value} for path, value in changes]
        self.control.update_stage(restApiId=self.id, stageName=self.stage, patchOperations=operations)

    def log_to(self, destination: str, line: str) -> None:
        self.patch(("/accessLogSettings/destinationArn", destination), ("/accessLogSettings/format", line))

    def url(self, path: str = "/things") -> str:
        return invoke_url(self.aws.url, self.id, self.stage) + path

    def get(self, path: str = "/things", **options: Any) -> Response:
        return request(self.url(path), **options)

    def log_lines(self, count: int = 1) -> list[dict[str, str]]:
        """The access log's lines so far, oldest first; waits until there are so many."""
        logs = client(self.aws, "logs")
        deadline = time.monotonic() + 5
        while True:
            events = logs.filter_log_events(logGroupName=self.log_group)["events"]
            if len(events) >= count or time.monotonic() > deadline:
                return [json.loads(event["message"]) for event in events]
            time.sleep(0.02)

    def line_of(self, extended_id: str) -> dict[str, str]:
        """The one access log line of a request."""
        lines = [line for line in self.log_lines() if line["extendedRequestId"] == extended_id]
        assert len(lines) == 1
        return lines[0]
