"""What a storage lake takes, and the rules for it."""

import re
from typing import NotRequired, TypedDict

from components import _rules
from components._ensure.catalog import IAM, LAKE_FORMATION
from components._lake_formation import LINK_NAME_MAX, link_name
from components._tables import TableArgs, check_tables

MODES = (IAM, LAKE_FORMATION)
"""Who may decide about access."""
GRANTEE = _rules.Rule(
    "must be the ARN of a user or role, without wildcards",
    lambda value: re.fullmatch(r"arn:aws(?:-[a-z]+)*:iam::[0-9]{12}:(?:user|role)/[^\s*?]+", value) is not None,
)
"""Whom Lake Formation grants to: no session, and no account's root."""
NO_ADMINISTRATOR = "must name no administrator"
"""An administrator's own rights and grants to it are told alike, so that a grant could not be taken away again."""


class StorageLakeArgs(TypedDict):
    """Inputs of `StorageLake`."""

    table_bucket_name: str
    """Name of the table bucket: 3 to 63 lower-case letters, digits and hyphens."""
    namespace: str
    """Iceberg namespace: lower-case letters, digits and underscores, not beginning with `aws`."""
    tables: list[TableArgs]
    """The tables, each with a role of its own."""
    access_control: NotRequired[str]
    """Who decides about access to the tables: `iam`, which it is if absent, or `lakeformation`."""
    switch_access_control: NotRequired[bool]
    """Whether to change that for every table bucket of account and region if another decides; false if absent."""
    readers: NotRequired[list[str]]
    """ARNs of principals that Lake Formation lets read the tables, if it decides; none if absent."""
    administrators: NotRequired[list[str]]
    """ARNs of principals that are made data-lake administrators, if Lake Formation decides; none if absent."""
    protect: NotRequired[bool]
    """Whether tables and table bucket refuse deletion, and the other buckets when they hold objects; true if absent."""
    unreferenced_days: NotRequired[int]
    """Days before files that no snapshot uses are marked non-current, 1 or more; 3 if absent."""
    non_current_days: NotRequired[int]
    """Days before non-current files are deleted, 1 or more; 10 if absent."""
    result_retention_days: NotRequired[int]
    """Days that query results are kept, 1 or more; 30 if absent."""
    query_scan_limit_mib: NotRequired[int]
    """MiB that one query may scan, 10 or more; 102400 if absent."""


def check_lake(name: str, args: StorageLakeArgs) -> None:
    """Hold the arguments of a lake to AWS's rules.

    Raises:
        ValueError: one breaks its rule; the message names it, the rule and the value.
    """
    _rules.check(f"{name}: table_bucket_name", _rules.TABLE_BUCKET_NAME, args["table_bucket_name"])
    _rules.check(f"{name}: namespace", _rules.NAMESPACE, args["namespace"])
    amounts = {
        "unreferenced_days": (args.get("unreferenced_days", 3), _rules.DAYS),
        "non_current_days": (args.get("non_current_days", 10), _rules.DAYS),
        "result_retention_days": (args.get("result_retention_days", 30), _rules.DAYS),
        "query_scan_limit_mib": (args.get("query_scan_limit_mib", 102_400), _rules.QUERY_SCAN_LIMIT_MIB),
    }
    _rules.check_amounts(name, amounts)
    check_tables(f"{name}: tables", args["tables"])
    _check_access_control(name, args)


def is_guarded(args: StorageLakeArgs) -> bool:
    """Tell whether Lake Formation decides about access."""
    return args.get("access_control", IAM) == LAKE_FORMATION


def _check_access_control(name: str, args: StorageLakeArgs) -> None:
    mode = args.get("access_control", IAM)
    if mode not in MODES:
        raise ValueError(f"{name}: access_control: must be one of {', '.join(MODES)}, got {mode!r}")
    readers, administrators = args.get("readers", []), args.get("administrators", [])
    for key, arns in (("readers", readers), ("administrators", administrators)):
        if arns and not is_guarded(args):
            raise ValueError(f"{name}: {key}: must be empty unless access_control is {LAKE_FORMATION}, got {arns!r}")
        for arn in arns:
            _rules.check(f"{name}: {key}", GRANTEE, arn)
        if len(set(arns)) < len(arns):
            raise ValueError(f"{name}: {key}: must name each principal once, got {arns!r}")
    if set(readers) & set(administrators):
        raise ValueError(f"{name}: readers: {NO_ADMINISTRATOR}, got {sorted(set(readers) & set(administrators))!r}")
    link = link_name(args["table_bucket_name"], args["namespace"])
    if is_guarded(args) and len(link) > LINK_NAME_MAX:
        raise ValueError(
            f"{name}: namespace: must be so short that the resource link, named by table bucket and namespace, has at"
            f" most {LINK_NAME_MAX} characters, got {len(link)}: {link!r}"
        )
