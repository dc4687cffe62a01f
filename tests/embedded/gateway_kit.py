"""What the tests of Lambda, Cognito and API Gateway build again and again, through boto3 alone."""

import base64
import functools
import io
import json
import textwrap
import time
import urllib.error
import urllib.request
import uuid
import zipfile
from dataclasses import dataclass, field
from typing import Any

from embedded_aws.gateway import invoke_url
from embedded_aws.server import EmbeddedAws

PASSWORD = "Correct-Horse-7"


@functools.cache
def client(aws: EmbeddedAws, service: str) -> Any:
    """The root's client of a service, made once: making one takes longer than most calls."""
    return aws.session().client(service)


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def zip_of(source: str, name: str = "app.py") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, textwrap.dedent(source))
    return buffer.getvalue()


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_role(aws: EmbeddedAws, *, service: str = "lambda.amazonaws.com", **allowed: Any) -> str:
    """A role with one inline policy of `action=resource`, `:` written as `__`; gives its ARN."""
    iam, name = client(aws, "iam"), unique("role")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"]
    statements = [
        {"Effect": "Allow", "Action": action.replace("__", ":"), "Resource": resource}
        for action, resource in allowed.items()
    ]
    if statements:
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=policy)
    return arn


def make_function(aws: EmbeddedAws, source: str, *, role: str | None = None, **settings: Any) -> str:
    """A function whose handler is `app.handler`; gives its name."""
    name = unique("function")
    client(aws, "lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=role or make_role(aws),
        Code={"ZipFile": zip_of(source)},
        **settings,
    )
    return name


def invoke(aws: EmbeddedAws, name: str, event: Any = None, **options: Any) -> tuple[Any, str | None]:
    """Invoke a function; gives its payload and the `FunctionError`."""
    answer = client(aws, "lambda").invoke(FunctionName=name, Payload=json.dumps(event), **options)
    return json.loads(answer["Payload"].read()), answer.get("FunctionError")


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: Any


def request(
    url: str, *, method: str = "GET", token: str | None = None, data: bytes | None = None, **headers: str
) -> Response:
    """One HTTP request; header names are written with `_`; the body is parsed if it is JSON."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if token is not None:
        sent["Authorization"] = token
    call = urllib.request.Request(  # noqa: S310 - loopback
        url, data=data, method=method, headers=sent
    )
    try:
        answer = urllib.request.urlopen(call, timeout=60)  # noqa: S310 - loopback
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        raw = answer.read()
        try:
            body = json.loads(raw)
        except ValueError:
            body = raw
        return Response(answer.status, {name.lower(): value for name, value in answer.headers.items()}, body)


@dataclass
class Pool:
    """A user pool and one client of it."""

    aws: EmbeddedAws
    by_email: bool = True
    client_settings: dict[str, Any] = field(default_factory=dict)
    pool_settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.idp = client(self.aws, "cognito-idp")
        made = self.idp.create_user_pool(
            PoolName=unique("pool"),
            Schema=[{"Name": "tenant_id", "AttributeDataType": "String", "Mutable": True}],
            **({"UsernameAttributes": ["email"]} if self.by_email else {}),
            **self.pool_settings,
        )["UserPool"]
        self.id, self.arn = made["Id"], made["Arn"]
        settings = {
            "ReadAttributes": ["email", "custom:tenant_id"],
            "WriteAttributes": ["email"],
            **self.client_settings,
        }
        self.client = self.idp.create_user_pool_client(
            UserPoolId=self.id,
            ClientName="client",
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            **{key: value for key, value in settings.items() if value is not None},
        )["UserPoolClient"]["ClientId"]

    def sign_up(self, name: str | None = None, tenant: str | None = None, **attributes: str) -> str:
        """A confirmed user; gives the name to sign in with."""
        name = name or f"{unique('user')}@example.com"
        listed = [{"Name": key.replace("__", ":"), "Value": value} for key, value in attributes.items()]
        self.idp.sign_up(ClientId=self.client, Username=name, Password=PASSWORD, UserAttributes=listed)
        self.idp.admin_confirm_sign_up(UserPoolId=self.id, Username=name)
        if tenant:
            change = [{"Name": "custom:tenant_id", "Value": tenant}]
            self.idp.admin_update_user_attributes(UserPoolId=self.id, Username=name, UserAttributes=change)
        return name

    def tokens(self, name: str) -> dict[str, str]:
        """`IdToken`, `AccessToken` and more of a user."""
        parameters = {"USERNAME": name, "PASSWORD": PASSWORD}
        answer = self.idp.initiate_auth(ClientId=self.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
        return answer["AuthenticationResult"]


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


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
