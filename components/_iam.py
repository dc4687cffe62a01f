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


def _assume(service: str, condition: Mapping[str, Any]) -> Statement:
    principal = {"Service": service}
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, "Condition": condition}


def refuse_plain_http(bucket_arn: pulumi.Input[str]) -> Statement:
    """Deny every request to the bucket that does not use TLS."""
    return {
        "Sid": "RefusePlainHttp",
        "Effect": "Deny",
        # The bucket policy's own `*`: a refusal must hold for every caller and action.
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, pulumi.Output.concat(bucket_arn, "/*")],
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


def append_to_table(
    *,
    catalog_arn: pulumi.Input[str],
    namespace: pulumi.Input[str],
    table_name: pulumi.Input[str],
    table_bucket_arn: pulumi.Input[str],
    table_arn: pulumi.Input[str],
) -> list[Statement]:
    """Permit what Firehose does to write rows to exactly one table of an S3 table bucket."""
    on_bucket = ["s3tables:GetNamespace", "s3tables:GetTableBucket"]
    on_table = [
        "s3tables:GetTable",
        "s3tables:GetTableData",
        "s3tables:GetTableMetadataLocation",
        "s3tables:PutTableData",
        "s3tables:UpdateTableMetadataLocation",
    ]
    glue_resources = _glue_resources(catalog_arn, namespace, table_name)
    return [
        allow(["glue:GetDatabase", "glue:GetTable", "glue:UpdateTable"], glue_resources),
        allow(on_bucket, [table_bucket_arn]),
        allow(on_table, [table_arn]),
        # `*` is forced by AWS: GetDataAccess knows no resources. Lake Formation decides what is vended, by its grants.
        allow(["lakeformation:GetDataAccess"], ["*"]),
    ]


def _glue_resources(
    catalog_arn: pulumi.Input[str], namespace: pulumi.Input[str], table_name: pulumi.Input[str]
) -> list[pulumi.Input[str]]:
    """List the catalog chain, the database and the table: AWS's own documents use two styles of ARN for the latter."""
    # arn:<partition>:glue:<region>:<account>:catalog/s3tablescatalog/<bucket>
    chain = pulumi.Output.from_input(catalog_arn).apply(lambda arn: arn.rsplit(":catalog/", 1))
    base, child = chain[0], chain[1]
    return [
        pulumi.Output.concat(base, ":catalog"),
        pulumi.Output.concat(base, ":catalog/s3tablescatalog"),
        catalog_arn,
        pulumi.Output.concat(base, ":database/", namespace),
        pulumi.Output.concat(base, ":database/", child, "/", namespace),
        pulumi.Output.concat(base, ":table/", namespace, "/", table_name),
        pulumi.Output.concat(base, ":table/", child, "/", namespace, "/", table_name),
    ]
