"""Iceberg tables in an S3 table bucket, and Athena to query them."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _queries, _rules
from components._ensure.catalog import IAM, S3TablesCatalog
from components._ensure.table_schema import TableSchema
from components._ensure.table_visible import TableVisible
from components._names import S3_TABLES_CATALOG, Place, place_of
from components._tables import TableArgs, check_tables, iceberg_table, partition_of, sort_of
from components._workgroup import athena_workgroup
from components.appended_table import AppendedTableArgs
from components.queried_lake import QueriedLakeArgs


class StorageLakeArgs(TypedDict):
    """Inputs of `StorageLake`."""

    table_bucket_name: str
    """Name of the table bucket: 3 to 63 lower-case letters, digits and hyphens."""
    namespace: str
    """Iceberg namespace: lower-case letters, digits and underscores, not beginning with `aws`."""
    tables: list[TableArgs]
    """The tables, each with a role of its own."""
    access_control: NotRequired[str]
    """Who decides about access to the tables: `iam`, which it is if absent."""
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


class StorageLake(pulumi.ComponentResource):
    """Iceberg tables that Firehose appends to and Athena reads.

    Creates: table bucket, namespace, tables (through the aws-native provider, pass it in `opts.providers`), Athena
    workgroup with a bucket for its results, saved queries. Ensures: the account's S3 Tables catalog, each table's
    visibility in it and its columns. Hands on: catalog and table names to `IngestPipeline` and to whatever queries.
    """

    table_bucket_arn: pulumi.Output[str]
    """ARN of the table bucket."""
    table_bucket_name: pulumi.Output[str]
    """Name of the table bucket."""
    namespace: pulumi.Output[str]
    """Iceberg namespace of the tables."""
    table_names: pulumi.Output[dict[str, str]]
    """Name of each table by its role, known when Glue sees the table and it has every column of its definition."""
    table_arns: pulumi.Output[dict[str, str]]
    """ARN of each table by its role."""
    catalog_id: pulumi.Output[str]
    """Glue's id of the catalog that the bucket is, `<account>:s3tablescatalog/<bucket>`."""
    catalog_arn: pulumi.Output[str]
    """ARN of that catalog: what Firehose takes."""
    athena_catalog: pulumi.Output[str]
    """Athena's name of that catalog, `s3tablescatalog/<bucket>`."""
    database_name: pulumi.Output[str]
    """Database of the tables in that catalog."""
    athena_workgroup: pulumi.Output[str]
    """Name of the workgroup to query in."""
    athena_workgroup_arn: pulumi.Output[str]
    """ARN of that workgroup."""
    results_bucket_arn: pulumi.Output[str]
    """ARN of the bucket that the workgroup writes results to."""

    def __init__(self, name: str, args: StorageLakeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(name, args)
        super().__init__("saas-metering:index:StorageLake", name, {}, opts)
        protect = args.get("protect", True)
        guarded = pulumi.ResourceOptions(parent=self, protect=protect)
        child = pulumi.ResourceOptions(parent=self)
        place = place_of(self)

        bucket = _table_bucket(name, args, guarded)
        self.table_bucket_arn = bucket.arn
        self.table_bucket_name = bucket.name
        self.athena_catalog = pulumi.Output.concat(f"{S3_TABLES_CATALOG}/", bucket.name)
        self.catalog_id = pulumi.Output.concat(place.account_id, ":", self.athena_catalog)
        self.catalog_arn = place.arn("glue", "catalog/", self.athena_catalog)
        namespace = aws.s3tables.Namespace(
            f"{name}-namespace",
            namespace=args["namespace"],
            table_bucket_arn=bucket.arn,
            # Not deleted first: a namespace goes only when it is empty, and tables move into its successor.
            opts=child,
        )
        self.namespace = self.database_name = namespace.namespace
        workgroup, results = athena_workgroup(
            name,
            result_retention_days=args.get("result_retention_days", 30),
            query_scan_limit_mib=args.get("query_scan_limit_mib", 102_400),
            force_destroy=not protect,
            opts=child,
        )
        self.athena_workgroup = workgroup.name
        self.athena_workgroup_arn = workgroup.arn
        self.results_bucket_arn = results.arn
        self._make_tables(name, args, place, guarded)
        self._save_queries(name, args["tables"])
        self.register_outputs({key: getattr(self, key) for key in StorageLake.__annotations__})

    def to_query(self) -> QueriedLakeArgs:
        """Return what a component that queries the tables takes."""
        return {
            "athena_catalog": self.athena_catalog,
            "catalog_arn": self.catalog_arn,
            "database_name": self.database_name,
            "table_names": self.table_names,
            "table_arns": self.table_arns,
            "table_bucket_arn": self.table_bucket_arn,
            "athena_workgroup": self.athena_workgroup,
            "athena_workgroup_arn": self.athena_workgroup_arn,
            "results_bucket_arn": self.results_bucket_arn,
        }

    def to_append(self, role: str) -> AppendedTableArgs:
        """Return what a component that appends to the table of a role takes."""
        return {
            "catalog_arn": self.catalog_arn,
            "database_name": self.database_name,
            "table_name": self.table_names[role],
            "table_arn": self.table_arns[role],
            "table_bucket_arn": self.table_bucket_arn,
        }

    def _make_tables(self, name: str, args: StorageLakeArgs, place: Place, guarded: pulumi.ResourceOptions) -> None:
        """Make the tables; their names are handed on only when Firehose and Athena can use them."""
        catalog = S3TablesCatalog(
            f"{name}-catalog",
            identifier=place.arn("s3tables", "bucket/*"),
            access_control=args.get("access_control", IAM),
            region=place.region,
            opts=pulumi.ResourceOptions(parent=self),
        )
        names: dict[str, pulumi.Output[str]] = {}
        arns: dict[str, pulumi.Output[str]] = {}
        for table_args in args["tables"]:
            role = table_args["role"]
            table = iceberg_table(
                f"{name}-table-{role}",
                table_args,
                table_bucket_arn=self.table_bucket_arn,
                namespace=self.namespace,
                opts=guarded,
            )
            visible = TableVisible(
                f"{name}-table-{role}-visible",
                catalog_id=self.catalog_id,
                namespace=self.namespace,
                table_name=table_args["name"],
                region=place.region,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[catalog, table]),
            )
            names[role] = self._schema(name, table_args, visible, place).table_name
            arns[role] = table.table_arn
        self.table_names = pulumi.Output.all(**names)
        self.table_arns = pulumi.Output.all(**arns)

    def _schema(self, name: str, args: TableArgs, visible: TableVisible, place: Place) -> TableSchema:
        return TableSchema(
            f"{name}-table-{args['role']}-schema",
            table={
                "table_bucket_arn": self.table_bucket_arn,
                "namespace": self.namespace,
                "table_name": visible.table_name,
                "athena_catalog": self.athena_catalog,
                "athena_workgroup": self.athena_workgroup,
                "region": place.region,
            },
            columns=[dict(column) for column in args["columns"]],
            partition=partition_of(args),
            sort=sort_of(args),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _save_queries(self, name: str, tables: list[TableArgs]) -> None:
        """Save the queries over the tables that the lake has."""
        roles = {table["role"] for table in tables}
        for query in _queries.QUERIES:
            if not roles.issuperset(query.places.values()):
                continue
            tables_read = pulumi.Output.all(
                **{
                    name: pulumi.Output.format(
                        '"{0}"."{1}"."{2}"', self.athena_catalog, self.namespace, self.table_names[role]
                    )
                    for name, role in query.places.items()
                }
            )
            aws.athena.NamedQuery(
                f"{name}-query-{query.role}",
                name=query.role,  # read by people, per workgroup; Athena does not ask for unique names
                description=query.description,
                database=self.namespace,
                workgroup=self.athena_workgroup,
                query=tables_read.apply(lambda names, sql=query.sql: sql.format(**names)),  # type: ignore[misc]
                opts=pulumi.ResourceOptions(parent=self),
            )


def _check(name: str, args: StorageLakeArgs) -> None:
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
    if args.get("access_control", IAM) != IAM:
        raise ValueError(f"{name}: access_control: must be {IAM}, got {args['access_control']!r}")


def _table_bucket(name: str, args: StorageLakeArgs, opts: pulumi.ResourceOptions) -> aws.s3tables.TableBucket:
    return aws.s3tables.TableBucket(
        f"{name}-bucket",
        name=args["table_bucket_name"],
        maintenance_configuration={
            "iceberg_unreferenced_file_removal": {
                "status": "enabled",
                "settings": {
                    "unreferenced_days": args.get("unreferenced_days", 3),
                    "non_current_days": args.get("non_current_days", 10),
                },
            }
        },
        # S3 Tables heeds it only if an `up` before the destroy has set it.
        force_destroy=not args.get("protect", True),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True)),
    )
