"""Every way into the product is through an API whose requests are known, logged and throttled."""

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from metering_policy import _kinds as kinds
from metering_policy._reading import at, is_set
from metering_policy._reasons import OPEN_METHODS, REQUIRED_VARIABLES, STREAM_PREFIX
from metering_policy._rule import resource_rule, stack_rule, texts_config
from metering_policy._stack import Stack, StackMember, behind

OF_THE_POOL = "COGNITO_USER_POOLS"


def _not_metered(args: ResourceValidationArgs) -> Iterator[str]:
    if not is_set(args.props, "accessLogSettings", "destinationArn"):
        yield "`accessLogSettings.destinationArn` must be a stream: a request without a line is never billed, got none"
        return
    stream = str(at(args.props, "accessLogSettings", "destinationArn"))
    if ":firehose:" not in stream or not stream.rpartition("/")[2].startswith(STREAM_PREFIX):
        yield f"`accessLogSettings.destinationArn` must be a stream named {STREAM_PREFIX}…, got {stream!r}"


def _not_readable(args: ResourceValidationArgs) -> Iterator[str]:
    text = str(at(args.props, "accessLogSettings", "format"))
    missing = [variable for variable in REQUIRED_VARIABLES if f'"{variable}"' not in text]
    if missing:
        yield f"`accessLogSettings.format` must have {missing}: the transform refuses every line without, got {text!r}"


def _stage_of_requests(args: ResourceValidationArgs) -> Iterator[str]:
    yield from _not_metered(args)
    if is_set(args.props, "accessLogSettings"):
        yield from _not_readable(args)


def _not_throttled(stage: StackMember, stack: Stack) -> Iterator[str]:
    settings = stack.about(kinds.METHOD_SETTINGS, "stageName", stage, "stageName")
    of_all = [one for one in settings if at(one.props, "methodPath") == "*/*"]
    if not of_all:
        yield "it must have `MethodSettings` of the method path '*/*', got none"
    for one in of_all:
        for key in ("throttlingRateLimit", "throttlingBurstLimit"):
            limit = at(one.props, "settings", key)
            if not isinstance(limit, (int, float)) or limit <= 0:
                yield f"`settings.{key}` of {one.name} must be more than 0, got {limit!r}"


def _open_method(method: StackMember, stack: Stack) -> Iterator[str]:
    authorization = at(method.props, "authorization")
    if authorization == OF_THE_POOL:
        if not is_set(method.props, "authorizerId"):
            yield "`authorizerId` must be the user pool's authorizer, got none"
        return
    route = f"{at(method.props, 'httpMethod')} {_path(method)}"
    if authorization != "NONE" or route not in set(stack.config.get("openMethods", OPEN_METHODS)):
        yield f"`authorization` of {route} must be {OF_THE_POOL!r}, got {authorization!r}"


def _path(method: StackMember) -> str:
    """Return the path of a method, which API Gateway's own resources spell part by part."""
    parts: list[str] = []
    found = behind(method, "resourceId")
    while found and kinds.kind_of(found[0].resource_type) == kinds.API_RESOURCE:
        parts.append(str(at(found[0].props, "pathPart")))
        found = behind(found[0], "parentId")
    if not found:  # an id that is written out leads to no path
        parts.append("?")
    return "/" + "/".join(reversed(parts))


def _other_authorizer(authorizer: StackMember, _stack: Stack) -> Iterator[str]:
    kind = at(authorizer.props, "type")
    if kind != OF_THE_POOL:
        yield f"`type` must be {OF_THE_POOL!r}: the tenant is a claim of the pool's token, got {kind!r}"


def _way_around(args: ResourceValidationArgs) -> Iterator[str]:
    got = at(args.props, "authorizationType")
    yield f"a function must have no URL of its own: its calls would be billed to nobody, got one for {got!r}"


def _hidden_methods(args: ResourceValidationArgs) -> Iterator[str]:
    if is_set(args.props, "body"):
        yield "`body` must not be set: these rules see no methods in it"


REQUESTS_LOGGED = resource_rule(
    "requests-logged",
    "Every stage logs its requests to a stream of API Gateway: a request without a line is never billed.",
    "Make the API with components.MeteredApi, or hand its stage the exports delivery_stream_arn and access_log_format",
    {kinds.STAGE: _stage_of_requests},
)
REQUESTS_THROTTLED = stack_rule(
    "requests-throttled",
    "Every stage limits its requests.",
    "Make the API with components.MeteredApi, or set throttling of all its methods",
    {kinds.STAGE: _not_throttled},
)
CALLERS_KNOWN = stack_rule(
    "callers-known",
    "Every method asks for a token of the user pool, but those that are documented as open.",
    "Leave a route's `authorize` at true; a method that must be open goes to reasons.json, with the reason",
    {kinds.METHOD: _open_method, kinds.AUTHORIZER: _other_authorizer},
    {"openMethods": texts_config("Routes that anyone may call.", OPEN_METHODS)},
)
NO_WAY_AROUND = resource_rule(
    "no-way-around-the-api",
    "No function has a URL of its own, and no API has methods that these rules do not see.",
    "Add a route to components.MeteredApi",
    {kinds.FUNCTION_URL: _way_around, kinds.REST_API: _hidden_methods},
)
POLICIES = (REQUESTS_LOGGED, REQUESTS_THROTTLED, CALLERS_KNOWN, NO_WAY_AROUND)
