"""Who pays is what an administrator said, never what a user says."""

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from metering_policy import _kinds as kinds
from metering_policy._reading import at, items, shown
from metering_policy._reasons import TENANT_ATTRIBUTE
from metering_policy._rule import resource_rule, stack_rule
from metering_policy._stack import Stack, StackMember, behind

_NAME = TENANT_ATTRIBUTE.removeprefix("custom:")
_SIGN_IN_BY = frozenset({"email", "phone_number"})


def _users_write_their_tenant(args: ResourceValidationArgs) -> Iterator[str]:
    if at(args.props, "writeAttributes") is None:
        yield f"`writeAttributes` must be listed: left out, users write every attribute, {TENANT_ATTRIBUTE!r} included"
    if TENANT_ATTRIBUTE in items(args.props, "writeAttributes"):
        written = shown(list(items(args.props, "writeAttributes")))
        yield f"`writeAttributes` must not have {TENANT_ATTRIBUTE!r}, got {written}"


def _is_of_tenants(pool: StackMember, stack: Stack) -> bool:
    """Whether an API asks for tokens of the pool: another pool of the stack is none of these rules' business."""
    return any(pool in behind(authorizer, "providerArns") for authorizer in stack.of(kinds.AUTHORIZER))


def _pool_without_tenants(pool: StackMember, stack: Stack) -> Iterator[str]:
    if not _is_of_tenants(pool, stack):
        return
    found = [schema for schema in items(pool.props, "schemas") if at(schema, "name") in (_NAME, TENANT_ATTRIBUTE)]
    if not found:
        yield f"`schemas` must have the attribute {_NAME!r}, by which requests are billed, got none"
    for schema in found:
        if at(schema, "attributeDataType") != "String":
            yield f"the attribute {_NAME!r} must be a 'String', got {at(schema, 'attributeDataType')!r}"
        if at(schema, "mutable") is not True:
            yield f"the attribute {_NAME!r} must be mutable, or nobody can assign a user, got {at(schema, 'mutable')!r}"
        if at(schema, "required"):
            yield f"the attribute {_NAME!r} must not be required: users would choose it when they sign up, got True"


def _users_choose_their_names(pool: StackMember, stack: Stack) -> Iterator[str]:
    if not _is_of_tenants(pool, stack):
        return
    names = set(items(pool.props, "usernameAttributes"))
    if not names or names - _SIGN_IN_BY:
        yield f"`usernameAttributes` must be of {sorted(_SIGN_IN_BY)}: access logs have user names, got {sorted(names)}"


TENANT_NOT_WRITABLE = resource_rule(
    "tenant-not-writable",
    "No app client may write the tenant of its user: who could, would choose whose bill its requests are on.",
    "List what users may write of themselves, without the tenant",
    dict.fromkeys(kinds.USER_POOL_CLIENTS, _users_write_their_tenant),
)
TENANT_KEPT = stack_rule(
    "tenant-attribute-kept",
    "The user pool of an API has the tenant as an attribute that administrators can set and users need not choose.",
    "Leave the attribute as components._user_pool has it",
    {kinds.USER_POOL: _pool_without_tenants},
)
NAMES_MADE_UP = stack_rule(
    "user-names-made-up",
    "Users sign in by e-mail or telephone, so that their names in the access log are Cognito's, not theirs to choose.",
    "Set `username_attributes`",
    {kinds.USER_POOL: _users_choose_their_names},
)
POLICIES = (TENANT_NOT_WRITABLE, TENANT_KEPT, NAMES_MADE_UP)
