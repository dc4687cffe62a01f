"""Policy statements about the lake's tables: for the stream that appends to one, and for functions that query them."""

from collections.abc import Sequence

import pulumi

from components._iam import Statement, allow
from components._names import S3_TABLES_CATALOG
from components.queried_lake import RESULTS_PREFIX, QueriedLakeArgs

_READ_GLUE = [
    "glue:GetCatalog",
    "glue:GetDatabase",
    "glue:GetDatabases",
    "glue:GetPartitions",
    "glue:GetTable",
    "glue:GetTables",
]


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
    tables = pulumi.Output.all(table_name)
    glue_resources = [*_catalogs(catalog_arn), *_databases(catalog_arn, namespace)]
    return [
        _allow(
            ["glue:GetDatabase", "glue:GetTable", "glue:UpdateTable"],
            _joined(glue_resources, _tables(catalog_arn, namespace, tables)),
        ),
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
    """Permit what Athena's INSERT does with its caller's rights to exactly one table.

    Glue asks for the right on catalog, database and table; `query_lake` permits the former two to whoever inserts.
    """
    return [
        _allow(["glue:UpdateTable"], _tables(catalog_arn, namespace, pulumi.Output.all(table_name))),
        allow(["s3tables:PutTableData", "s3tables:UpdateTableMetadataLocation"], [table_arn]),
    ]


def query_lake(lake: QueriedLakeArgs, *, inserts: bool = False) -> list[Statement]:
    """Permit SELECTs over the lake's tables in its workgroup, and reading their results.

    Athena reads tables and writes results with its caller's rights. It is the same policy whoever decides about access,
    so that a change of that leaves no role without rights while IAM tells of the policy's change.

    Args:
        lake: the lake.
        inserts: whether the role inserts, too, into tables that `insert_into_table` permits.
    """
    in_workgroup = [
        "athena:GetQueryExecution",
        "athena:GetQueryResults",
        "athena:GetWorkGroup",
        "athena:StartQueryExecution",
        "athena:StopQueryExecution",
    ]
    on_bucket = ["s3tables:GetNamespace", "s3tables:GetTableBucket", "s3tables:ListNamespaces", "s3tables:ListTables"]
    on_tables = ["s3tables:GetTable", "s3tables:GetTableData", "s3tables:GetTableMetadataLocation"]
    results = lake["results_bucket_arn"]
    on_results = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
    table_arns = pulumi.Output.from_input(lake["table_arns"]).apply(lambda arns: sorted(arns.values()))
    return [
        allow(in_workgroup, [lake["athena_workgroup_arn"]]),
        *_see_tables(lake, inserts=inserts),
        allow(on_bucket, [lake["table_bucket_arn"]]),
        _allow(on_tables, table_arns),
        allow(["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"], [results]),
        allow(on_results, [pulumi.Output.concat(results, "/", RESULTS_PREFIX, "*")]),
        _get_data_access(),
    ]


def _see_tables(lake: QueriedLakeArgs, *, inserts: bool) -> list[Statement]:
    """Permit seeing the lake's tables in Glue, and through the resource link, whether there is one or not."""
    catalog_arn, namespace = lake["catalog_arn"], lake["namespace"]
    names = pulumi.Output.all(*lake["table_names"].values()).apply(sorted)
    above = [
        *_catalogs(catalog_arn),
        *_databases(catalog_arn, namespace),
        _in_default_catalog(catalog_arn, "database/", lake["link_name"]),
    ]
    # A link has no tables but those that it leads to.
    linked = _in_default_catalog(catalog_arn, "table/", lake["link_name"], "/*")
    tables = _joined([linked], _tables(catalog_arn, namespace, names))
    if not inserts:
        return [_allow(_READ_GLUE, _joined(above, tables))]
    # Apart, so that whoever inserts has no list of catalogs and databases a second time: policies are of limited size.
    return [allow([*_READ_GLUE, "glue:UpdateTable"], above), _allow(_READ_GLUE, tables)]


def _get_data_access() -> Statement:
    """Permit asking Lake Formation for credentials; what it vends is decided by its grants.

    `*` is forced by AWS: GetDataAccess knows no resources.
    """
    return allow(["lakeformation:GetDataAccess"], ["*"])


def _allow(actions: Sequence[str], resources: pulumi.Output[list[str]]) -> Statement:
    """Permit the actions on resources whose number is known with the tables'."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resources}


def _joined(resources: Sequence[pulumi.Input[str]], more: pulumi.Output[list[str]]) -> pulumi.Output[list[str]]:
    return pulumi.Output.all(pulumi.Output.all(*resources), more).apply(lambda both: [*both[0], *both[1]])


def _catalogs(catalog_arn: pulumi.Input[str]) -> list[pulumi.Input[str]]:
    """List the catalog chain."""
    return [
        _in_default_catalog(catalog_arn, "catalog"),
        _in_default_catalog(catalog_arn, f"catalog/{S3_TABLES_CATALOG}"),
        catalog_arn,
    ]


def _databases(catalog_arn: pulumi.Input[str], namespace: pulumi.Input[str]) -> list[pulumi.Input[str]]:
    """List the namespace: AWS's own documents use two styles of ARN for what is in a child catalog."""
    return [
        _in_default_catalog(catalog_arn, "database/", namespace),
        _in_default_catalog(catalog_arn, "database/", _child(catalog_arn), "/", namespace),
    ]


def _tables(
    catalog_arn: pulumi.Input[str], namespace: pulumi.Input[str], names: pulumi.Output[list[str]]
) -> pulumi.Output[list[str]]:
    """List tables, in both styles."""
    parents = _databases(catalog_arn, namespace)
    return pulumi.Output.all(pulumi.Output.all(*parents), names).apply(
        lambda known: [f"{parent.replace(':database/', ':table/')}/{name}" for name in known[1] for parent in known[0]]
    )


def _in_default_catalog(catalog_arn: pulumi.Input[str], *resource: pulumi.Input[str]) -> pulumi.Output[str]:
    # arn:<partition>:glue:<region>:<account>:catalog/s3tablescatalog/<bucket>
    base = pulumi.Output.from_input(catalog_arn).apply(lambda arn: arn.rsplit(":catalog/", 1)[0])
    return pulumi.Output.concat(base, ":", *resource)


def _child(catalog_arn: pulumi.Input[str]) -> pulumi.Output[str]:
    return pulumi.Output.from_input(catalog_arn).apply(lambda arn: arn.rsplit(":catalog/", 1)[1])
