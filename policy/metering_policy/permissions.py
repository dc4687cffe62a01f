"""Roles may do what they are for, on what they are for, and are taken by whom they are for."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from pulumi_policy import ResourceValidationArgs

from metering_policy import _kinds as kinds
from metering_policy._documents import Statement, allowing, conditions, statements, texts
from metering_policy._reading import at, is_set, items, shown
from metering_policy._reasons import EVERY_RESOURCE, NEVER_PERMITTED, REQUEST_ROW_WRITERS, STREAM_PREFIX
from metering_policy._rule import ResourceCheck, resource_rule, texts_config
from metering_policy._wide import is_wide

_OF_AWS = ":iam::aws:policy/"
_OF_A_SERVICE = (".amazonaws.com", ".amazonaws.com.cn")
_OF_OWN_DATA = frozenset({"dynamodb:DeleteItem", "s3:DeleteObject", "s3:DeleteObjectVersion"})
"""What a product's function may have to do with a table or bucket of its own."""
_REQUEST_STREAMS = f":deliverystream/{STREAM_PREFIX}"


def _in_policies(judge: Any) -> dict[str, ResourceCheck]:
    """Return the checks that judge each statement which permits something, wherever an identity's policy can stand."""

    def own(args: ResourceValidationArgs) -> Iterator[str]:
        for statement in allowing(statements(args.props, "policy")):
            yield from judge(args, statement)

    def inline(args: ResourceValidationArgs) -> Iterator[str]:
        for policy in items(args.props, "inlinePolicies"):
            for statement in allowing(statements(policy, "policy")):
                yield from judge(args, statement)

    return {**dict.fromkeys(kinds.IDENTITY_POLICIES, own), kinds.ROLE: inline}


def _wildcards(args: ResourceValidationArgs, statement: Statement) -> Iterator[str]:
    for negation in ("NotAction", "NotResource"):
        if negation in statement:
            yield f"`{negation}` must not stand in a statement that permits, got {shown(statement[negation])}"
    actions = texts(statement.get("Action"))
    for action in actions:
        if "*" in action or "?" in action:
            yield f"`Action` must name each operation, got {action!r}"
    wide = [resource for resource in texts(statement.get("Resource")) if is_wide(resource)]
    forced = set(args.get_config().get("everyResource", EVERY_RESOURCE))
    for resource in wide:
        refused = [action for action in actions if action not in forced]
        if refused:
            yield f"`Resource` must name what {shown(refused)} is about, got {resource!r}"
        yield from _unconditional(statement, [action for action in actions if action in forced], resource)


def _unconditional(statement: Statement, actions: Iterable[str], resource: str) -> Iterator[str]:
    held = {key for key, _ in conditions(statement)}
    for action in actions:
        key = EVERY_RESOURCE.get(action, {}).get("condition")
        if key and key not in held:
            yield f"`Condition` must hold {key} where {action!r} is permitted on {resource!r}, got no such condition"


def _never(args: ResourceValidationArgs, statement: Statement) -> Iterator[str]:
    own = _OF_OWN_DATA if args.name in set(args.get_config().get("ownData", ())) else frozenset()
    for action in texts(statement.get("Action")):
        for pattern, reason in NEVER_PERMITTED.items():
            if fnmatchcase(action.lower(), pattern.lower()) and action not in own:
                yield f"`Action` must not be {action!r}: {reason}"


def _forges_rows(writers: Iterable[str], args: ResourceValidationArgs, statement: Statement) -> Iterator[str]:
    puts = [action for action in texts(statement.get("Action")) if action.lower().startswith("firehose:put")]
    streams = [text for text in texts(statement.get("Resource")) if _REQUEST_STREAMS in text]
    if puts and streams and args.name not in set(args.get_config().get("writers", writers)):
        yield f"`Resource` must be no stream of API Gateway where {shown(puts)} is permitted, got {shown(streams)}"


def _attached_from_aws(args: ResourceValidationArgs) -> Iterator[str]:
    for key in ("policyArn", "managedPolicyArns"):
        for arn in items(args.props, key):
            if _OF_AWS in str(arn) and arn not in set(args.get_config().get("arns", ())):
                yield f"`{key}` must be a policy of this account, whose statements are known, got {arn!r}"


def _invoked_by_anyone(args: ResourceValidationArgs) -> Iterator[str]:
    principal = at(args.props, "principal")
    if "*" in str(principal):
        yield f"`principal` must be a service or an account, got {principal!r}"
    if not str(principal).endswith(_OF_A_SERVICE):
        return  # an account or a role says for itself what it calls for
    if not is_set(args.props, "sourceArn"):
        yield f"`sourceArn` must say for which resource {principal!r} calls the function, got none"
        return
    *place, resource = str(at(args.props, "sourceArn")).split(":", 5)
    # Past the API's id stand stage, method and path, in which a `*` is a parameter.
    named = resource.partition("/")[0] if "execute-api" in place else resource
    if any("*" in part for part in (*place, named)):
        yield f"`sourceArn` must name one resource, got {at(args.props, 'sourceArn')!r}"


NO_WILDCARD = resource_rule(
    "no-wildcard-permission",
    "No policy permits all operations of a service, or an operation on everything, unless AWS forces it.",
    "Name the operations and the ARNs; what AWS permits on `*` alone goes to reasons.json, with the reason",
    _in_policies(_wildcards),
    {"everyResource": texts_config("Actions that may be permitted on `*`: AWS forces it.", EVERY_RESOURCE)},
)
EVIDENCE_KEPT = resource_rule(
    "evidence-kept",
    "No role takes evidence away, puts out alarms, sets permissions, or writes a user's tenant.",
    "Leave the action out: people do it, with rights of their own",
    _in_policies(_never),
    {"ownData": texts_config("Names of policies that may delete items and objects of a product's own.", ())},
)
ROWS_FROM_GATEWAY = resource_rule(
    "request-rows-from-the-gateway",
    "Only API Gateway, and operators who replay, put lines on the stream that request rows are made of.",
    "Put usage events on their own stream",
    _in_policies(partial(_forges_rows, tuple(REQUEST_ROW_WRITERS))),
    {"writers": texts_config("Names of the policies that may permit it.", REQUEST_ROW_WRITERS)},
)
NO_POLICY_OF_AWS = resource_rule(
    "no-policy-of-aws",
    "No role has a policy that AWS manages: such policies are wide, and AWS changes them.",
    "Write the statements that the role needs",
    {**dict.fromkeys(kinds.ATTACHMENTS, _attached_from_aws), kinds.ROLE: _attached_from_aws},
    {"arns": texts_config("ARNs of policies of AWS that may be attached.", ())},
)
INVOKED_BY_ONE = resource_rule(
    "function-invoked-by-one-source",
    "A service that may invoke a function may do so for one named resource.",
    "Name the ARN of the API, rule, topic or bucket",
    {kinds.FUNCTION_PERMISSION: _invoked_by_anyone},
)
POLICIES = (NO_WILDCARD, EVIDENCE_KEPT, ROWS_FROM_GATEWAY, NO_POLICY_OF_AWS, INVOKED_BY_ONE)
