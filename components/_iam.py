"""Policy documents as plain data: pure functions, named for what they permit."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

Statement = Mapping[str, Any]
"""One IAM policy statement; leaves may be outputs."""


def policy(*statements: Statement) -> pulumi.Output[str]:
    """Return the policy document with these statements as JSON text."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True)


def allow(actions: Sequence[str], resources: Sequence[pulumi.Input[str]]) -> Statement:
    """Permit the actions on the resources."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def trust_lambda(account_id: pulumi.Input[str]) -> pulumi.Output[str]:
    """Let Lambda assume the role, for functions of this account alone.

    `IfExists`, since AWS does not promise that Lambda names the source account when it assumes an execution role:
    a strict condition would then stop every function, while a foreign account is refused either way.
    """
    condition = {"StringEqualsIfExists": {"aws:SourceAccount": account_id}}
    return policy(_assume("lambda.amazonaws.com", condition))


def trust_firehose(account_id: pulumi.Input[str]) -> pulumi.Output[str]:
    """Let Firehose assume the role, for streams of this account alone."""
    condition = {"StringEquals": {"aws:SourceAccount": account_id, "sts:ExternalId": account_id}}
    return policy(_assume("firehose.amazonaws.com", condition))


def trust_scheduler(account_id: pulumi.Input[str], group_arn: pulumi.Input[str]) -> pulumi.Output[str]:
    """Let EventBridge Scheduler assume the role, for schedules of one group of this account alone."""
    condition = {"StringEquals": {"aws:SourceAccount": account_id, "aws:SourceArn": group_arn}}
    return policy(_assume("scheduler.amazonaws.com", condition))


def trust_principals(arns: Sequence[pulumi.Input[str]]) -> pulumi.Output[str]:
    """Let these principals assume the role; an account's root stands for whomever that account lets assume it."""
    return policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": list(arns)}})


def _assume(service: str, condition: Mapping[str, Any]) -> Statement:
    principal = {"Service": service}
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, "Condition": condition}


def refuse_plain_http(service: str, *arns: pulumi.Input[str]) -> Statement:
    """Deny every request to a resource of the service that does not use TLS, in the resource's own policy."""
    return {
        "Sid": "RefusePlainHttp",
        "Effect": "Deny",
        # The resource policy's own `*`: a refusal must hold for every caller and action.
        "Principal": "*",
        "Action": f"{service}:*",
        "Resource": list(arns),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def write_log_events(log_group_arn: pulumi.Input[str]) -> Statement:
    """Permit writing to new and existing streams of one log group that is already there."""
    return allow(["logs:CreateLogStream", "logs:PutLogEvents"], [pulumi.Output.concat(log_group_arn, ":*")])


def put_log_events(log_stream_arns: Sequence[pulumi.Input[str]]) -> Statement:
    """Permit writing to these log streams."""
    return allow(["logs:PutLogEvents"], log_stream_arns)


def invoke_alias(function_arn: pulumi.Input[str], alias_arn: pulumi.Input[str]) -> Statement:
    """Permit Firehose's calls of a function behind an alias; it looks at the function itself, too."""
    return allow(["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"], [function_arn, alias_arn])


def deliver_to_bucket(bucket_arn: pulumi.Input[str]) -> list[Statement]:
    """Permit Firehose to put failed records into a bucket, and never to delete any."""
    on_bucket = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
    on_objects = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
    return [allow(on_bucket, [bucket_arn]), allow(on_objects, [pulumi.Output.concat(bucket_arn, "/*")])]


def invoke(*alias_arns: pulumi.Input[str]) -> Statement:
    """Permit calling functions, each behind an alias."""
    return allow(["lambda:InvokeFunction"], alias_arns)


def read_code(*function_arns: pulumi.Input[str]) -> Statement:
    """Permit reading the code of functions, or of their aliases, with the files in it."""
    return allow(["lambda:GetFunction"], function_arns)


def use_items(table_arn: pulumi.Input[str], *operations: str) -> Statement:
    """Permit operations, by DynamoDB's names, on the items of one table."""
    return allow([f"dynamodb:{operation}" for operation in operations], [table_arn])


def use_partitions(table_arn: pulumi.Input[str], keys: Sequence[str], *operations: str) -> Statement:
    """Permit operations on the items of these partitions of one DynamoDB table, and of no other.

    Args:
        table_arn: of the table.
        keys: of the partitions; one that ends with `*` stands for all that begin so.
        operations: by DynamoDB's names; only such as name a partition, so no scan.
    """
    condition = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(keys)}}
    return {**use_items(table_arn, *operations), "Condition": condition}


def use_objects(bucket_arn: pulumi.Input[str], prefixes: Sequence[str], *operations: str) -> Statement:
    """Permit operations, by S3's names, on the objects below these prefixes of one bucket, each ending with `/`."""
    arns = [pulumi.Output.concat(bucket_arn, f"/{prefix}*") for prefix in prefixes]
    return allow([f"s3:{operation}" for operation in operations], arns)


def put_records(stream_arn: pulumi.Input[str], *operations: str) -> Statement:
    """Permit putting records, by Firehose's names of the operations, to one stream."""
    return allow([f"firehose:{operation}" for operation in operations], [stream_arn])


def miss_objects(bucket_arn: pulumi.Input[str]) -> Statement:
    """Permit to be told that an object is not there: who may not list a bucket is told `AccessDenied` instead."""
    return allow(["s3:ListBucket"], [bucket_arn])


def send_messages(*queue_arns: pulumi.Input[str]) -> Statement:
    """Permit sending messages to these queues."""
    return allow(["sqs:SendMessage"], queue_arns)


def receive_messages(queue_arn: pulumi.Input[str]) -> Statement:
    """Permit what Lambda's event source mapping does with the function's role: receive and delete."""
    return allow(["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], [queue_arn])


def put_events(bus_arn: pulumi.Input[str], source: str) -> Statement:
    """Permit publishing events of one source to one bus."""
    return {**allow(["events:PutEvents"], [bus_arn]), "Condition": {"StringEquals": {"events:source": source}}}


def read_objects(*bucket_arns: pulumi.Input[str]) -> list[Statement]:
    """Permit listing and reading the objects of these buckets."""
    return [
        allow(["s3:ListBucket"], bucket_arns),
        allow(["s3:GetObject"], [pulumi.Output.concat(arn, "/*") for arn in bucket_arns]),
    ]
