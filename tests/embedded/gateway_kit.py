"""What the tests of Lambda, Cognito and API Gateway build again and again, through boto3 alone."""

import base64
import functools
import io
import json
import textwrap
import urllib.error
import urllib.request
import uuid
import zipfile
from dataclasses import dataclass, field
from typing import Any

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
