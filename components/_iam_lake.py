"""Policy statements about the lake's tables: for the stream that appends to one, and for functions that query them."""

from collections.abc import Sequence

import pulumi

from components._iam import Statement, allow
from components.queried_lake import RESULTS_PREFIX, QueriedLakeArgs


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
    glue_resources = _glue_resources(catalog_arn, namespace, pulumi.Output.all(table_name))
    return [
        _allow(["glue:GetDatabase", "glue:GetTable", "glue:UpdateTable"], glue_resources),
        allow(on_bucket, [table_bucket_arn]),
        allow(on_table, [table_arn]),
        _get_data_access(),
    ]


def insert_into_table(
    *,
    catalog_arn: pulumi.Input[str],
    namespace: pulumi.Input[str],
    table_name: pulumi.Input[str],
    table_arn: pulumi.Input[str],
) -> list[Statement]:
    """Permit what Athena's INSERT does with its caller's rights to exactly one table, beside what a query does."""
    glue_resources = _glue_resources(catalog_arn, namespace, pulumi.Output.all(table_name))
    return [
        _allow(["glue:UpdateTable"], glue_resources),
        allow(["s3tables:PutTableData", "s3tables:UpdateTableMetadataLocation"], [table_arn]),
    ]


def query_lake(lake: QueriedLakeArgs) -> list[Statement]:
    """Permit SELECTs over the lake's tables in its workgroup, and reading their results.

    Athena reads tables and writes results with its caller's rights. It is the same policy whoever decides about access,
    so that a change of that leaves no role without rights while IAM tells of the policy's change.
    """
    in_workgroup = [
        "athena:GetQueryExecution",
        "athena:GetQueryResults",
        "athena:GetWorkGroup",
        "athena:StartQueryExecution",
        "athena:StopQueryExecution",
    ]
    glue = [
        "glue:GetCatalog",
        "glue:GetDatabase",
        "glue:GetDatabases",
        "glue:GetPartitions",
        "glue:GetTable",
        "glue:GetTables",
    ]
    on_bucket = ["s3tables:GetNamespace", "s3tables:GetTableBucket", "s3tables:ListNamespaces", "s3tables:ListTables"]
    on_tables = ["s3tables:GetTable", "s3tables:GetTableData", "s3tables:GetTableMetadataLocation"]
    results = lake["results_bucket_arn"]
    on_results = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
    table_names = pulumi.Output.all(*lake["table_names"].values()).apply(sorted)
    table_arns = pulumi.Output.from_input(lake["table_arns"]).apply(lambda arns: sorted(arns.values()))
    return [
        allow(in_workgroup, [lake["athena_workgroup_arn"]]),
        _allow(glue, _glue_resources(lake["catalog_arn"], lake["namespace"], table_names, lake["link_name"])),
        allow(on_bucket, [lake["table_bucket_arn"]]),
        _allow(on_tables, table_arns),
        allow(["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"], [results]),
        allow(on_results, [pulumi.Output.concat(results, "/", RESULTS_PREFIX, "*")]),
        _get_data_access(),
    ]


def _get_data_access() -> Statement:
    """Permit asking Lake Formation for credentials; what it vends is decided by its grants.

    `*` is forced by AWS: GetDataAccess knows no resources.
    """
    return allow(["lakeformation:GetDataAccess"], ["*"])


def _allow(actions: Sequence[str], resources: pulumi.Output[list[str]]) -> Statement:
    """Permit the actions on resources whose number is known with the tables'."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resources}


def _glue_resources(
    catalog_arn: pulumi.Input[str],
    namespace: pulumi.Input[str],
    table_names: pulumi.Output[list[str]],
    link_name: pulumi.Input[str] | None = None,
) -> pulumi.Output[list[str]]:
    """List the catalog chain, the databases and their tables, those seen through the resource link, too."""
    return pulumi.Output.all(
        catalog_arn=catalog_arn, namespace=namespace, table_names=table_names, link_name=link_name
    ).apply(lambda known: _glue_arns(**known))


def _glue_arns(catalog_arn: str, namespace: str, table_names: Sequence[str], link_name: str | None) -> list[str]:
    # arn:<partition>:glue:<region>:<account>:catalog/s3tablescatalog/<bucket>
    base, child = catalog_arn.rsplit(":catalog/", 1)
    # AWS's own documents use two styles of ARN for what is in a child catalog.
    parents = (namespace, f"{child}/{namespace}", *([link_name] if link_name else []))
    return [
        f"{base}:catalog",
        f"{base}:catalog/s3tablescatalog",
        catalog_arn,
        *(f"{base}:database/{parent}" for parent in parents),
        *(f"{base}:table/{parent}/{name}" for name in table_names for parent in parents),
    ]
