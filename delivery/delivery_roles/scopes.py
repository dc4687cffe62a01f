"""Which ARNs the actions of a deployment apply to: what the program names, by the names that it gives.

Most names are Pulumi's: the resource's own, which begins with its component's, and random characters. So a scope is
a service's ARNs with those beginnings; two programs in one account whose components are called alike share them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

PRODUCTS = ("random-strings",)
"""Functions behind the API that `__main__.py` makes; config `products` names others."""
CATALOG = "s3tablescatalog"
REGISTRATION_ROLE = "S3TablesRoleForLakeFormation"
ROLES_PATH = "/delivery/"
"""Path of the delivery roles. No scope that is written to reaches into it."""
_FUNCTIONS = ("billing", "customer", "events-ingest-transform", "ingest-transform", "operations")
"""Beginnings of the names of Lambda functions."""

UNSCOPED = frozenset(
    {
        "cloudformation:CancelResourceRequest",
        "cloudformation:CreateResource",
        "cloudformation:DeleteResource",
        "cloudformation:GetResource",
        "cloudformation:GetResourceRequestStatus",
        "cloudformation:UpdateResource",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:PutCompositeAlarm",
        "cognito-idp:CreateUserPool",
        "lakeformation:DescribeResource",
        "lakeformation:GetDataAccess",
        "lakeformation:GetDataLakeSettings",
        "lakeformation:GrantPermissions",
        "lakeformation:ListPermissions",
        "lakeformation:ListResources",
        "lakeformation:PutDataLakeSettings",
        "lakeformation:RegisterResource",
        "lakeformation:RegisterResourceWithPrivilegedAccess",
        "lakeformation:RevokePermissions",
        "lakeformation:UpdateResource",
        "lambda:CreateEventSourceMapping",
        "logs:DescribeLogGroups",
    }
)
"""Actions that AWS knows no resource for, or asks for on all (as those on composite alarms), so that `*` is forced.

They are held to the stack's region instead."""


@dataclass(frozen=True)
class Place:
    """Where a stack is deployed."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        """Return an ARN of the account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def iam(self, resource: str) -> str:
        """Return an ARN of IAM, which knows no region."""
        return f"arn:{self.partition}:iam::{self.account}:{resource}"


@dataclass(frozen=True)
class Names:
    """The names that a stack's resources begin with."""

    project: str
    stack: str
    namespace: str
    products: tuple[str, ...]

    @property
    def own(self) -> str:
        """What the program calls things that AWS wants a name for, unless configuration says otherwise."""
        return f"{self.project}-{self.stack}"


def scopes(place: Place, names: Names) -> Mapping[str, list[str]]:
    """Return the ARNs of each scope: of a service by its prefix, or of a part of it by the name that `needs` has."""
    functions = [*_FUNCTIONS, *names.products]
    roles = ["billing", "customer", "events-ingest", "ingest", "operations", *names.products]
    registration = [place.iam(f"role/{REGISTRATION_ROLE}"), place.iam(f"role/*/{REGISTRATION_ROLE}")]
    return {
        **_interface(place, functions),
        **_data(place, names),
        **_watching(place, names, functions),
        "iam": _each(place.iam("role/{}-*"), roles),
        "passed-roles": _each(place.iam("role/{}-*"), roles),
        "policies": [place.iam("policy/operations-*")],
        "attached-roles": [place.iam("role/operations-*")],
        "deployers": [place.iam(f"role{ROLES_PATH}{names.own}-*")],
        "registration-role": registration,
        "passed-registration-role": registration,
        "gateway-linked-role": [
            place.iam("role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway")
        ],
    }


def conditions(place: Place, names: Names) -> Mapping[str, dict[str, dict[str, object]]]:
    """Return what must hold besides the ARN, by scope."""
    functions = [*_FUNCTIONS, *names.products]
    services = ["firehose.amazonaws.com", "lambda.amazonaws.com", "scheduler.amazonaws.com"]
    return {
        "attached-roles": {"ArnLike": {"iam:PolicyARN": [place.iam("policy/operations-*")]}},
        "gateway-linked-role": {"StringEquals": {"iam:AWSServiceName": "ops.apigateway.amazonaws.com"}},
        "passed-roles": {"StringEquals": {"iam:PassedToService": services}},
        "passed-registration-role": {"StringEquals": {"iam:PassedToService": "lakeformation.amazonaws.com"}},
        "lambda:CreateEventSourceMapping": {
            "ArnLike": {"lambda:FunctionArn": _each(place.arn("lambda", "function:{}-*"), functions)}
        },
    }


def _interface(place: Place, functions: list[str]) -> dict[str, list[str]]:
    gateway = f"arn:{place.partition}:apigateway:{place.region}::"
    return {
        # API Gateway and Cognito make their ids themselves.
        "apigateway": [f"{gateway}/restapis", f"{gateway}/restapis/*", f"{gateway}/tags/*"],
        "cognito-idp": [place.arn("cognito-idp", "userpool/*")],
        "lambda": [
            *_each(place.arn("lambda", "function:{}-*"), functions),
            place.arn("lambda", "event-source-mapping:*"),
        ],
    }


def _data(place: Place, names: Names) -> dict[str, list[str]]:
    buckets = f"arn:{place.partition}:s3:::{{}}-*"
    results = f"arn:{place.partition}:s3:::lake-results-*"
    child = f"{CATALOG}/{names.own}"
    link = names.own.replace("-", "_").replace(".", "_")
    return {
        "athena": [place.arn("athena", "workgroup/lake-*")],
        "dynamodb": _each(place.arn("dynamodb", "table/{}-*"), ["billing", "operations"]),
        "firehose": _each(place.arn("firehose", "deliverystream/{}"), _streams(names)),
        "glue": [
            place.arn("glue", "catalog"),
            *_each(place.arn("glue", "catalog/{}"), [CATALOG, child]),
            *_each(place.arn("glue", "database/{}"), [names.namespace, f"{child}/*", f"{link}_*"]),
            *_each(place.arn("glue", "table/{}"), [f"{names.namespace}/*", f"{child}/*", f"{link}_*"]),
        ],
        "link": [
            place.arn("glue", "catalog"),
            *_each(place.arn("glue", "{}"), [f"database/{link}_*", f"table/{link}_*"]),
        ],
        "s3-tables-catalog": [
            place.arn("glue", "catalog"),
            place.arn("glue", f"catalog/{CATALOG}"),
            place.arn("glue", "connection/aws:s3tables"),
        ],
        "s3": _each(buckets, ["billing", "events-ingest", "ingest", "lake"]),
        "query-results": [results, f"{results}/*"],
        "s3tables": [
            place.arn("s3tables", f"bucket/{names.own}"),
            place.arn("s3tables", f"bucket/{names.own}/table/*"),
        ],
    }


def _watching(place: Place, names: Names, functions: list[str]) -> dict[str, list[str]]:
    own = f"{names.own}*"
    streams = [f"/aws/kinesisfirehose/{stream}" for stream in _streams(names)]
    groups = [*(f"/aws/lambda/{function}-*" for function in functions), *streams]
    return {
        "cloudwatch": [
            *_each(place.arn("cloudwatch", "alarm:{}"), ["operations-*", own]),
            f"arn:{place.partition}:cloudwatch::{place.account}:dashboard/{own}",
        ],
        "logs": _each(place.arn("logs", "log-group:{}"), groups),
        "scheduler": [
            *_each(place.arn("scheduler", "schedule-group/{}-*"), ["billing", "operations"]),
            *_each(place.arn("scheduler", "schedule/{}-*"), ["billing", "operations"]),
        ],
        "sns": [place.arn("sns", "operations-*")],
        "sqs": [place.arn("sqs", "billing-*")],
    }


def _streams(names: Names) -> list[str]:
    return [f"amazon-apigateway-{names.own}*", f"{names.own}*"]


def _each(pattern: str, values: Iterable[str]) -> list[str]:
    return [pattern.format(value) for value in values]
