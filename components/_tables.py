"""A table bucket, and Iceberg tables as aws-native resources: schema, day partition, sort order and maintenance."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_aws_native as aws_native

from components import _rules

FIRST_PARTITION_FIELD_ID = 1000
"""Iceberg counts partition fields from here."""


class ColumnArgs(TypedDict):
    """One column of a table."""

    name: str
    """Lower-case name."""
    type: str
    """Iceberg primitive type, such as `string`, `long` or `timestamptz`."""
    required: bool
    """Whether every row has a value."""


class TableArgs(TypedDict):
    """One table of a lake."""

    role: str
    """What the table is for; part of its logical name, so fixed for life."""
    name: str
    """Name of the table: lower-case letters, digits and underscores."""
    columns: list[ColumnArgs]
    """The columns, in order. New ones go to the end and are optional; nothing else can change once the table exists."""
    partition_column: str
    """Name of the timestamp column by whose UTC day the rows are partitioned."""
    sort_column: NotRequired[str]
    """Name of the column by which files are sorted; unsorted if absent."""


def check_tables(field: str, tables: list[TableArgs]) -> None:
    """Hold tables to AWS's rules and to themselves.

    Raises:
        ValueError: a name breaks a rule, two tables share a role or name, or a column that is named is not there.
    """
    for key, values in (("role", [table["role"] for table in tables]), ("name", [table["name"] for table in tables])):
        if len(set(values)) < len(values):
            raise ValueError(f"{field}: each table must have a {key} of its own, got {values!r}")
    for table in tables:
        _rules.check(f"{field}: {table['role']}: name", _rules.TABLE_NAME, table["name"])
        names = [column["name"] for column in table["columns"]]
        if len(set(names)) < len(names):
            raise ValueError(f"{field}: {table['role']}: each column must have a name of its own, got {names!r}")
        for named in (table["partition_column"], table.get("sort_column")):
            if named is not None and named not in names:
                raise ValueError(f"{field}: {table['role']}: {named!r} must be one of the columns {names!r}")


def partition_of(table: TableArgs) -> list[str]:
    """Return the table's partition in Iceberg's notation."""
    return [f"day({table['partition_column']})"]


def sort_of(table: TableArgs) -> list[str]:
    """Return the table's sort order in Iceberg's notation."""
    return [f"{table['sort_column']} asc"] if "sort_column" in table else []


def table_bucket(
    name: str,
    bucket_name: str,
    *,
    unreferenced_days: int,
    non_current_days: int,
    force_destroy: bool,
    opts: pulumi.ResourceOptions,
) -> aws.s3tables.TableBucket:
    """Make the table bucket, which cleans up after its tables.

    Args:
        name: its logical name.
        bucket_name: its name.
        unreferenced_days: days before files that no snapshot uses are marked non-current, at least 1.
        non_current_days: days before non-current files are deleted, at least 1.
        force_destroy: whether destroying the stack may remove it with what it holds.
        opts: its options.
    """
    return aws.s3tables.TableBucket(
        name,
        name=bucket_name,
        maintenance_configuration={
            "iceberg_unreferenced_file_removal": {
                "status": "enabled",
                "settings": {"unreferenced_days": unreferenced_days, "non_current_days": non_current_days},
            }
        },
        # S3 Tables heeds it only if an `up` before the destroy has set it.
        force_destroy=force_destroy,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True)),
    )


def iceberg_table(
    name: str,
    args: TableArgs,
    *,
    table_bucket_arn: pulumi.Input[str],
    namespace: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> aws_native.s3tables.Table:
    """Make the table. A later change of its columns is not this resource's: it would replace the table."""
    kept = pulumi.ResourceOptions(ignore_changes=["iceberg_metadata"], delete_before_replace=True)
    return aws_native.s3tables.Table(
        name,
        table_bucket_arn=table_bucket_arn,
        namespace=namespace,
        table_name=args["name"],
        open_table_format=aws_native.s3tables.TableOpenTableFormat.ICEBERG,
        iceberg_metadata=_metadata(args),
        compaction={"status": aws_native.s3tables.TableCompactionStatus.ENABLED, "target_file_size_mb": 512},
        snapshot_management={
            "status": aws_native.s3tables.TableSnapshotManagementStatus.ENABLED,
            "min_snapshots_to_keep": 1,
            "max_snapshot_age_hours": 120,
        },
        opts=pulumi.ResourceOptions.merge(opts, kept),
    )


def _metadata(args: TableArgs) -> aws_native.s3tables.TableIcebergMetadataArgsDict:
    ids = {column["name"]: number for number, column in enumerate(args["columns"], start=1)}
    metadata: aws_native.s3tables.TableIcebergMetadataArgsDict = {
        "iceberg_schema": {
            "schema_field_list": [
                {
                    "id": ids[column["name"]],
                    "name": column["name"],
                    "type": column["type"],
                    "required": column["required"],
                }
                for column in args["columns"]
            ]
        },
        "iceberg_partition_spec": {
            "spec_id": 0,
            "fields": [
                {
                    "source_id": ids[args["partition_column"]],
                    "field_id": FIRST_PARTITION_FIELD_ID,
                    "transform": "day",
                    "name": f"{args['partition_column']}_day",
                }
            ],
        },
    }
    if "sort_column" in args:
        metadata["iceberg_sort_order"] = {
            "order_id": 1,
            "fields": [
                {
                    "source_id": ids[args["sort_column"]],
                    "transform": "identity",
                    "direction": aws_native.s3tables.TableIcebergSortFieldDirection.ASC,
                    "null_order": aws_native.s3tables.TableIcebergSortFieldNullOrder.NULLS_FIRST,
                }
            ],
        }
    return metadata
