"""A REST API behind Cognito whose every request is logged to a Firehose stream."""

from functools import partial
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _rules
from components._api_routes import add_routes
from components._names import place_of
from components._user_pool import user_pool, user_pool_client
from components.routes import RouteArgs, check_routes
from components.watched import WatchedApiArgs
from metering import access_log


class MeteredApiArgs(TypedDict):
    """Inputs of `MeteredApi`."""

    delivery_stream_arn: pulumi.Input[str]
    """ARN of the Firehose stream that gets the access log; its name begins with `amazon-apigateway-`."""
    routes: list[RouteArgs]
    """The API's routes; at least one."""
    stage_name: NotRequired[str]
    """Name of the stage: letters, digits, hyphens and underscores; `v1` if absent."""
    keep_source_ips: NotRequired[bool]
    """Whether callers' IP addresses are logged; true if absent."""
    self_sign_up: NotRequired[bool]
    """Whether anyone may sign up; false if absent, so that an administrator creates the users."""
    throttle_rate: NotRequired[int]
    """Requests per second over all callers, 1 or more; 100 if absent."""
    throttle_burst: NotRequired[int]
    """Requests at once over all callers, 1 or more; 200 if absent."""
    protect: NotRequired[bool]
    """Whether the user pool refuses deletion; true if absent."""


class MeteredApi(pulumi.ComponentResource):
    """An API whose callers are users of a pool, one record per request in the stream.

    Creates: user pool and client, REST API with Cognito authorizer, resources, methods, integrations and invoke
    permissions of the routes, deployment, stage with access log, method settings. Functions behind the routes find the
    client's id as the stage variable `user_pool_client_id`.
    """

    url: pulumi.Output[str]
    """Address of the stage, without a slash at the end."""
    rest_api_id: pulumi.Output[str]
    """Id of the REST API."""
    stage_name: pulumi.Output[str]
    """Name of the stage."""
    access_log_format: pulumi.Output[str]
    """The stage's access-log format: another API's stage that logs to the stream takes the same."""
    user_pool_id: pulumi.Output[str]
    """Id of the user pool."""
    user_pool_client_id: pulumi.Output[str]
    """Id of the client that users sign in through."""

    def __init__(self, name: str, args: MeteredApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(name, args)
        super().__init__("saas-metering:index:MeteredApi", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        pool = user_pool(
            f"{name}-users",
            self_sign_up=args.get("self_sign_up", False),
            protect=args.get("protect", True),
            opts=child,
        )
        client = user_pool_client(f"{name}-client", pool_id=pool.id, opts=child)
        # One regional endpoint; the product's callers need not be near a CloudFront edge to be metered.
        api = aws.apigateway.RestApi(f"{name}-api", endpoint_configuration={"types": "REGIONAL"}, opts=child)
        deployment = add_routes(
            name,
            routes=args["routes"],
            stage_name=args.get("stage_name", "v1"),
            api=api,
            pool=pool,
            place=place_of(self),
            opts=child,
        )
        log_format = access_log.log_format(source_ip=args.get("keep_source_ips", True))
        stage = _stage(
            name,
            args,
            log_format=log_format,
            variables={"user_pool_client_id": client.id},
            api=api,
            deployment=deployment,
            opts=child,
        )
        self.url = stage.invoke_url
        self.rest_api_id = api.id
        self.stage_name = stage.stage_name
        self.access_log_format = pulumi.Output.from_input(log_format)
        self.user_pool_id = pool.id
        self.user_pool_client_id = client.id
        self.register_outputs(
            {
                "url": self.url,
                "rest_api_id": self.rest_api_id,
                "stage_name": self.stage_name,
                "access_log_format": self.access_log_format,
                "user_pool_id": self.user_pool_id,
                "user_pool_client_id": self.user_pool_client_id,
            }
        )
        self._watched: WatchedApiArgs = {
            "api_name": api.name,
            "rest_api_id": api.id,
            "stage_name": stage.stage_name,
        }

    def to_watch(self) -> WatchedApiArgs:
        """Return what a component that watches the API takes."""
        return self._watched


def _check(name: str, args: MeteredApiArgs) -> None:
    check_routes(f"{name}: routes", args["routes"])
    _rules.check(f"{name}: stage_name", _rules.STAGE_NAME, args.get("stage_name", "v1"))
    amounts = {
        "throttle_rate": (args.get("throttle_rate", 100), _rules.THROTTLE),
        "throttle_burst": (args.get("throttle_burst", 200), _rules.THROTTLE),
    }
    _rules.check_amounts(name, amounts)
    if isinstance(args["delivery_stream_arn"], str):
        _access_log_stream(name, args["delivery_stream_arn"])


def _access_log_stream(name: str, arn: str) -> str:
    """Return the ARN of a stream that API Gateway logs to.

    Raises:
        ValueError: it logs to no stream of that name.
    """
    _rules.check(f"{name}: delivery_stream_arn: name", _rules.ACCESS_LOG_STREAM_NAME, arn.rpartition("/")[2])
    return arn


def _stage(
    name: str,
    args: MeteredApiArgs,
    *,
    log_format: str,
    variables: dict[str, pulumi.Input[str]],
    api: aws.apigateway.RestApi,
    deployment: aws.apigateway.Deployment,
    opts: pulumi.ResourceOptions,
) -> aws.apigateway.Stage:
    # Whether API Gateway logs to a stream shows only at the first request: it is told when the stream is known.
    stream_arn = pulumi.Output.from_input(args["delivery_stream_arn"]).apply(partial(_access_log_stream, name))
    stage = aws.apigateway.Stage(
        f"{name}-stage",
        rest_api=api.id,
        deployment=deployment.id,
        stage_name=args.get("stage_name", "v1"),
        access_log_settings={"destination_arn": stream_arn, "format": log_format},
        variables=variables,
        opts=opts,
    )
    aws.apigateway.MethodSettings(
        f"{name}-method-settings",
        rest_api=api.id,
        stage_name=stage.stage_name,
        method_path="*/*",
        settings={
            "metrics_enabled": True,
            # Execution logs need the account's one API Gateway role, which is not this stack's to set.
            "logging_level": "OFF",
            "data_trace_enabled": False,
            "throttling_rate_limit": args.get("throttle_rate", 100),
            "throttling_burst_limit": args.get("throttle_burst", 200),
        },
        opts=opts,
    )
    return stage
