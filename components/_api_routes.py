"""Routes as API Gateway's resources, methods and integrations, and the deployment that freezes them for a stage."""

import hashlib
import re
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components._names import Place
from components.routes import ANY, RouteArgs, resource_paths, route_key, shape_of

INTEGRATION_TIMEOUT_MS = 29_000
"""API Gateway's own limit: a function that takes longer has worked for nobody."""
_ALIAS_ARN_PARTS = 8


def add_routes(
    name: str,
    *,
    routes: Sequence[RouteArgs],
    stage_name: str,
    api: aws.apigateway.RestApi,
    pool: aws.cognito.UserPool,
    place: Place,
    opts: pulumi.ResourceOptions,
) -> aws.apigateway.Deployment:
    """Make everything between the API and its stage.

    Returns:
        The deployment. It is replaced if and only if what it contains changes, the successor first.
    """
    authorizer = aws.apigateway.Authorizer(
        f"{name}-authorizer",
        rest_api=api.id,
        type="COGNITO_USER_POOLS",
        provider_arns=[pool.arn],
        identity_source="method.request.header.Authorization",
        opts=opts,
    )
    resource_ids = _resources(name, routes, api, opts)
    # Permissions are no part of a deployment, but a stage without them would answer with errors.
    needed: list[pulumi.Resource] = []
    for route in routes:
        needed += _method(
            name,
            route,
            resource_id=resource_ids[route["path"]],
            authorizer=authorizer,
            api=api,
            place=place,
            opts=opts,
        )
        needed.append(_permission(name, route, stage_name, api, opts))
    return aws.apigateway.Deployment(
        f"{name}-deployment",
        rest_api=api.id,
        triggers={"contents": _digest(routes, pool)},
        # No `delete_before_replace`: the stage points at the old deployment until it points at the new one.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=needed)),
    )


def _digest(routes: Sequence[RouteArgs], pool: aws.cognito.UserPool) -> pulumi.Output[str]:
    """Hash what a deployment contains; whether a route is billable is no part of it."""
    contents = {
        "routes": [
            {
                "method": route["method"],
                "path": route["path"],
                "function": route["function"],
                "authorize": route.get("authorize", True),
            }
            for route in sorted(routes, key=route_key)
        ],
        "user_pool": pool.arn,
        "timeout": INTEGRATION_TIMEOUT_MS,
    }
    text = pulumi.Output.json_dumps(contents, sort_keys=True)
    return text.apply(lambda text: hashlib.sha256(text.encode()).hexdigest())


def _resources(
    name: str, routes: Sequence[RouteArgs], api: aws.apigateway.RestApi, opts: pulumi.ResourceOptions
) -> Mapping[str, pulumi.Output[str]]:
    """Make one resource per path, shared by the routes below it, and return their ids by path."""
    ids: dict[str, pulumi.Output[str]] = {"/": api.root_resource_id}
    for path in resource_paths(routes):
        parent, _, part = path.rpartition("/")
        resource = aws.apigateway.Resource(
            f"{name}-resource{shape_of(path)}", rest_api=api.id, parent_id=ids[parent or "/"], path_part=part, opts=opts
        )
        ids[path] = resource.id
    return ids


def _method(
    name: str,
    route: RouteArgs,
    *,
    resource_id: pulumi.Output[str],
    authorizer: aws.apigateway.Authorizer,
    api: aws.apigateway.RestApi,
    place: Place,
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    suffix = f"{route['method']}{shape_of(route['path'])}"
    authorize = route.get("authorize", True)
    method = aws.apigateway.Method(
        f"{name}-method-{suffix}",
        rest_api=api.id,
        resource_id=resource_id,
        http_method=route["method"],
        authorization="COGNITO_USER_POOLS" if authorize else "NONE",
        authorizer_id=authorizer.id if authorize else None,
        opts=opts,
    )
    integration = aws.apigateway.Integration(
        f"{name}-integration-{suffix}",
        rest_api=api.id,
        resource_id=resource_id,
        http_method=method.http_method,
        type="AWS_PROXY",
        integration_http_method="POST",
        uri=pulumi.Output.concat(
            *("arn:", place.partition, ":apigateway:", place.region),
            *(":lambda:path/2015-03-31/functions/", route["function"], "/invocations"),
        ),
        timeout_milliseconds=INTEGRATION_TIMEOUT_MS,
        opts=opts,
    )
    return [method, integration]


def _permission(
    name: str, route: RouteArgs, stage_name: str, api: aws.apigateway.RestApi, opts: pulumi.ResourceOptions
) -> aws.lambda_.Permission:
    """Let this route, in this stage of this API, invoke its function, and nothing else."""
    alias = pulumi.Output.from_input(route["function"]).apply(lambda arn: _split_alias(route, arn))
    method = "*" if route["method"] == ANY else route["method"]
    path = re.sub(r"\{[^}]+\}", "*", route["path"])
    source_arn = pulumi.Output.concat(api.execution_arn, f"/{stage_name}/{method}{path}")
    return aws.lambda_.Permission(
        f"{name}-permission-{route['method']}{shape_of(route['path'])}",
        # A permission for another source is made before the old one goes: both stand in the function's policy then.
        statement_id=source_arn.apply(lambda arn: f"{name}-{hashlib.sha256(arn.encode()).hexdigest()[:16]}"),
        action="lambda:InvokeFunction",
        principal="apigateway.amazonaws.com",
        function=alias[0],
        qualifier=alias[1],
        source_arn=source_arn,
        opts=opts,
    )


def _split_alias(route: RouteArgs, arn: str) -> tuple[str, str]:
    """Return function name and qualifier of an alias's ARN."""
    parts = arn.split(":")
    if len(parts) != _ALIAS_ARN_PARTS:
        raise ValueError(
            f"route {route_key(route)}: function must be the ARN of a Lambda function's alias or version, got {arn!r}"
        )
    return parts[6], parts[7]
