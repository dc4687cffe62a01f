"""The operators' policy and role: replay, backfill and voids, and seeing what they are about; nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_aws as aws

from components import _iam
from components._grants import grant_reading
from components._iam_lake import insert_into_table, query_lake
from components._iam_watching import count_messages, read_metrics_and_alarms
from components._names import Place
from components.appended_table import AppendedTableArgs
from components.queried_lake import QueriedLakeArgs
from components.records import TOMBSTONES
from components.watched import WatchedBillingArgs, WatchedPipelineArgs

LARGEST_POLICY = 6144
"""IAM's limit for a managed policy, in characters that are no white space."""
SESSION_SECONDS = 3600
"""Whoever takes the role has it for an hour, and takes it again."""


@dataclass(frozen=True)
class OperatorParts:
    """What operators work with."""

    lake: QueriedLakeArgs
    tombstones: AppendedTableArgs
    pipelines: tuple[WatchedPipelineArgs, ...]
    billing: WatchedBillingArgs
    actions_table_arn: pulumi.Input[str]
    reconciler_arn: pulumi.Input[str]
    rules_arn: pulumi.Input[str]
    """ARN of the alias of the function that has the rules of events in its code: a backfill is checked by them."""


def operator_policy(name: str, parts: OperatorParts, opts: pulumi.ResourceOptions) -> aws.iam.Policy:
    """Make the policy: a managed one, so that an account's own roles and groups can have it, too."""
    return aws.iam.Policy(
        f"{name}-operator-policy",
        description="What operators of the usage data may do",
        policy=_iam.policy(*_statements(parts)).apply(partial(_fitting, name)),
        opts=opts,
    )


def operator_role(
    name: str,
    policy: aws.iam.Policy,
    lake: QueriedLakeArgs,
    *,
    operators: Sequence[str],
    place: Place,
    opts: pulumi.ResourceOptions,
) -> aws.iam.Role:
    """Make the role that has the policy, grants where Lake Formation guards the lake, and nothing else.

    Args:
        name: what the logical names begin with.
        policy: the operators' policy.
        lake: the lake, whose tombstones operators insert.
        operators: ARNs of the principals that may assume it; if there are none, whoever this account lets assume it.
        place: account of the role.
        opts: options of every resource made here.
    """
    account = pulumi.Output.concat("arn:", place.partition, ":iam::", place.account_id, ":root")
    role = aws.iam.Role(
        f"{name}-operator-role",
        assume_role_policy=_iam.trust_principals(operators or [account]),
        max_session_duration=SESSION_SECONDS,
        opts=opts,
    )
    aws.iam.RolePolicyAttachment(f"{name}-operator-permissions", role=role.name, policy_arn=policy.arn, opts=opts)
    grant_reading(f"{name}-operator", role.arn, lake, place=place, opts=opts, inserts={TOMBSTONES})
    return role


def _fitting(name: str, policy: str) -> str:
    """Return a policy that IAM takes: how long it is hangs on the names of streams, tables and buckets.

    Raises:
        ValueError: it is too long.
    """
    size = sum(not character.isspace() for character in policy)
    if size > LARGEST_POLICY:
        raise ValueError(
            f"{name}: operators' policy: must be at most {LARGEST_POLICY} characters without white space, got {size};"
            " shorten the names of table bucket, namespace and tables"
        )
    return policy


def _statements(parts: OperatorParts) -> list[_iam.Statement]:
    billing, tombstones = parts.billing, parts.tombstones
    return [
        *_iam.read_objects(*(pipeline["error_bucket_arn"] for pipeline in parts.pipelines)),
        _iam.allow(["firehose:PutRecordBatch"], [pipeline["stream_arn"] for pipeline in parts.pipelines]),
        _iam.use_items(billing["reconciliation_table_arn"], "GetItem", "Query", "UpdateItem"),
        _iam.use_items(parts.actions_table_arn, "GetItem", "PutItem", "Query", "UpdateItem"),
        _iam.use_items(billing["invoices_table_arn"], "GetItem", "Query"),
        _iam.invoke(parts.reconciler_arn),
        _iam.read_code(parts.rules_arn),
        count_messages(billing["dead_letter_queue_arn"]),
        read_metrics_and_alarms(),
        *query_lake(parts.lake, inserts=True),
        *insert_into_table(
            catalog_arn=tombstones["catalog_arn"],
            namespace=tombstones["database_name"],
            table_name=tombstones["table_name"],
            table_arn=tombstones["table_arn"],
        ),
    ]
