"""No bucket, table bucket, queue or topic is the public's."""

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from metering_policy import _kinds as kinds
from metering_policy._documents import DocumentError, Statement, allowing, is_for_everyone, is_narrowed, statements
from metering_policy._reading import at, items, shown
from metering_policy._rule import ANY, resource_rule, stack_rule
from metering_policy._stack import Stack, StackMember

BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
PUBLIC_ACLS = frozenset({"authenticated-read", "public-read", "public-read-write"})
OWNER_ENFORCED = "BucketOwnerEnforced"
OF_AN_ACCOUNT = frozenset(
    {
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalOrgID",
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceOrgID",
    }
)
"""Condition keys that make everyone somebody."""


def _not_a_full_block(args: ResourceValidationArgs) -> Iterator[str]:
    for key in BLOCKS:
        if at(args.props, key) is not True:
            yield f"`{key}` must be true, got {at(args.props, key)!r}"


def _bucket_without_block(bucket: StackMember, stack: Stack) -> Iterator[str]:
    if not stack.about(kinds.PUBLIC_ACCESS_BLOCK, "bucket", bucket, "bucket", "id"):
        yield "the bucket must have a `BucketPublicAccessBlock` in this stack, got none"
    if not stack.about(kinds.BUCKET_OWNERSHIP, "bucket", bucket, "bucket", "id"):
        yield f"the bucket must have `BucketOwnershipControls` with {OWNER_ENFORCED!r} in this stack, got none"


def _open_acl(args: ResourceValidationArgs) -> Iterator[str]:
    acl = at(args.props, "acl")
    if acl in PUBLIC_ACLS:
        yield f"`acl` must give nothing to the public, got {acl!r}"
    granted = [*items(args.props, "grants"), *items(args.props, "accessControlPolicy", "grants")]
    for grant in granted:
        uri = at(grant, "uri") or at(grant, "grantee", "uri")
        if uri is not None:
            yield f"`grants` must name accounts and no group, got {uri!r}"


def _acls_decide(args: ResourceValidationArgs) -> Iterator[str]:
    ownership = at(args.props, "rule", "objectOwnership")
    if ownership != OWNER_ENFORCED:
        yield f"`rule.objectOwnership` must be {OWNER_ENFORCED!r}, so that no ACL counts, got {ownership!r}"


def _policy_for_everyone(args: ResourceValidationArgs) -> Iterator[str]:
    if args.resource_type in (*kinds.IDENTITY_POLICIES, kinds.VPC_ENDPOINT):
        return  # the former has no principals, the latter permits nothing by itself
    for key in ("accessPolicy", "policy", "policyDocument", "resourcePolicy"):
        for statement in allowing(_statements(args, key)):
            if is_for_everyone(statement) and not is_narrowed(statement, OF_AN_ACCOUNT):
                principal = statement.get("Principal", statement.get("NotPrincipal"))
                yield f"`{key}` must permit nothing to everyone, got the principal {shown(principal)}"


def _statements(args: ResourceValidationArgs, key: str) -> list[Statement]:
    """Return the statements of a policy; elsewhere than where this program has them, a policy may be something else."""
    try:
        return statements(args.props, key)
    except DocumentError:
        if args.resource_type in kinds.RESOURCE_POLICIES:
            raise
        return []


PUBLIC_ACCESS_BLOCKED = stack_rule(
    "bucket-public-access-blocked",
    "Every S3 bucket has a public-access block, and its owner alone decides about its objects.",
    "Make the bucket with components._bucket.private_bucket, or give it both",
    {kinds.BUCKET: _bucket_without_block},
)
FULL_BLOCK = resource_rule(
    "public-access-block-full",
    "A public-access block blocks all four ways to the public.",
    "Set all four to true",
    {kinds.PUBLIC_ACCESS_BLOCK: _not_a_full_block},
)
NO_OPEN_ACL = resource_rule(
    "bucket-acl-private",
    "No ACL gives anything to everyone, to all AWS users or to a group.",
    "Leave ACLs out, and permit principals in policies",
    {kinds.BUCKET: _open_acl, kinds.BUCKET_ACL: _open_acl, kinds.BUCKET_OWNERSHIP: _acls_decide},
)
NOTHING_FOR_EVERYONE = resource_rule(
    "policy-not-for-everyone",
    "No policy of a bucket, table bucket, table, queue, topic or key permits anything to everyone.",
    "Name the principals, or add a condition on the account, the organization or the source's ARN",
    {ANY: _policy_for_everyone},
)
POLICIES = (PUBLIC_ACCESS_BLOCKED, FULL_BLOCK, NO_OPEN_ACL, NOTHING_FOR_EVERYONE)
