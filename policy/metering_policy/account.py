"""A stack owns what is its own, and only in ways that these rules see."""

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from metering_policy import _kinds as kinds
from metering_policy._reading import at, items, shown
from metering_policy._reasons import ACCOUNT_WIDE, NATIVE
from metering_policy._rule import ANY, resource_rule, texts_config

_NATIVE_PREFIX = "aws-native:"
_EVERYBODY = ("IAM_ALLOWED_PRINCIPALS", "IAMPrincipals")
_ALL = frozenset({"ALL", "SUPER"})


def _of_the_account(args: ResourceValidationArgs) -> Iterator[str]:
    reason = ACCOUNT_WIDE.get(args.resource_type)
    if reason:
        yield f"a stack must not own a {args.resource_type}: {reason}"


def _native(args: ResourceValidationArgs) -> Iterator[str]:
    types = set(args.get_config().get("types", NATIVE))
    if args.resource_type.startswith(_NATIVE_PREFIX) and args.resource_type not in types:
        yield f"aws-native must make {shown(sorted(types))} alone, got {args.resource_type}"


def _granted_too_widely(args: ResourceValidationArgs) -> Iterator[str]:
    principal = str(at(args.props, "principal"))
    if principal.rpartition(":")[2] in _EVERYBODY:
        yield f"`principal` must be named, got {principal!r}"
    grantable = list(items(args.props, "permissionsWithGrantOptions"))
    if grantable:
        yield f"`permissionsWithGrantOptions` must be empty: readers grant nothing, got {shown(grantable)}"
    wide = sorted(_ALL & set(items(args.props, "permissions")))
    if wide and at(args.props, "table", "name") is None:
        yield f"`permissions` must have {shown(wide)} on one table alone, got {shown(args.props.get('permissions'))}"


NOT_OWNED = resource_rule(
    "account-settings-not-owned",
    "No stack owns what exists once per account and Region: its destroy would take it from all others.",
    "Ensure it as components._ensure does, or have the account's own program make it",
    {ANY: _of_the_account},
)
NATIVE_TABLES_ALONE = resource_rule(
    "native-for-tables-alone",
    "aws-native makes Iceberg tables and nothing else: these rules know pulumi-aws's classes.",
    "Use the class of pulumi-aws",
    {ANY: _native},
    {"types": texts_config("Types that may come from aws-native.", NATIVE)},
)
GRANTS_NARROW = resource_rule(
    "grants-narrow",
    "Lake Formation grants go to named principals, cannot be handed on, and are everything for one table at most.",
    "Grant what the principal needs, table by table",
    {kinds.GRANT: _granted_too_widely},
)
POLICIES = (NOT_OWNED, NATIVE_TABLES_ALONE, GRANTS_NARROW)
