"""Iceberg tables in an S3 table bucket, and Athena to query them."""

import pulumi
import pulumi_aws as aws

from components._ensure.catalog import IAM, S3TablesCatalog
from components._ensure.table_schema import TableSchema
from components._ensure.table_visible import TableVisible
from components._grants import grant_reading
from components._lake_formation import DEFAULT_CATALOG, ensure_lake_formation, link_name, resource_link
from components._names import S3_TABLES_CATALOG, Place, place_of
from components._saved_queries import save_queries
from components._tables import TableArgs, iceberg_table, partition_of, sort_of, table_bucket
from components._workgroup import athena_workgroup
from components.appended_table import AppendedTableArgs
from components.lake_args import StorageLakeArgs, check_lake, is_guarded
from components.lake_formation import LakeFormationArgs
from components.queried_lake import QueriedLakeArgs


class StorageLake(pulumi.ComponentResource):
    """Iceberg tables that Firehose appends to and Athena reads.

    Creates: table bucket, namespace, tables (through the aws-native provider, pass it in `opts.providers`), Athena
    workgroup with a bucket for its results, saved queries; where Lake Formation decides about access, a resource link
    and the readers' grants. Ensures: the account's S3 Tables catalog, each table's visibility in it and its columns;
    where Lake Formation decides, its administrators and the registration of the table buckets. Hands on: catalog and
    table names to `IngestPipeline` and to whatever queries.
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
    """Catalog that queries name: `s3tablescatalog/<bucket>`, or `AwsDataCatalog` where Lake Formation decides."""
    database_name: pulumi.Output[str]
    """Database that queries name in it: the namespace, or the resource link to it where Lake Formation decides."""
    athena_workgroup: pulumi.Output[str]
    """Name of the workgroup to query in."""
    athena_workgroup_arn: pulumi.Output[str]
    """ARN of that workgroup."""
    results_bucket_arn: pulumi.Output[str]
    """ARN of the bucket that the workgroup writes results to."""

    def __init__(self, name: str, args: StorageLakeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        check_lake(name, args)
        super().__init__("saas-metering:index:StorageLake", name, {}, opts)
        protect = args.get("protect", True)
        guarded = pulumi.ResourceOptions(parent=self, protect=protect)
        child = pulumi.ResourceOptions(parent=self)
        place = place_of(self)

        bucket = table_bucket(
            f"{name}-bucket",
            args["table_bucket_name"],
            unreferenced_days=args.get("unreferenced_days", 3),
            non_current_days=args.get("non_current_days", 10),
            force_destroy=not protect,
            opts=guarded,
        )
        self.table_bucket_arn = bucket.arn
        self.table_bucket_name = bucket.name
        self._catalog = self.athena_catalog = pulumi.Output.concat(f"{S3_TABLES_CATALOG}/", bucket.name)
        self.catalog_id = pulumi.Output.concat(place.account_id, ":", self._catalog)
        self.catalog_arn = place.arn("glue", "catalog/", self._catalog)
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
        self._is_guarded = is_guarded(args)
        self._link_name = link_name(args["table_bucket_name"], args["namespace"])
        self._lake_formation: LakeFormationArgs | None = None
        found = self._make_tables(name, args, place, guarded)
        if self._is_guarded:
            self._link(name, found)
            for arn in args.get("readers", []):
                grant_reading(f"{name}-reader-{_short(arn)}", arn, self.to_query(), place=place, opts=child)
        save_queries(
            name,
            self._names,
            athena_catalog=self.athena_catalog,
            database_name=self.database_name,
            workgroup=self.athena_workgroup,
            opts=child,
        )
        self.register_outputs({key: getattr(self, key) for key in StorageLake.__annotations__})

    def to_query(self) -> QueriedLakeArgs:
        """Return what a component that queries the tables takes."""
        lake: QueriedLakeArgs = {
            "athena_catalog": self.athena_catalog,
            "database_name": self.database_name,
            "catalog_arn": self.catalog_arn,
            "namespace": self.namespace,
            "link_name": self._link_name,
            "table_names": dict(self._names),
            "table_arns": self.table_arns,
            "table_bucket_arn": self.table_bucket_arn,
            "athena_workgroup": self.athena_workgroup,
            "athena_workgroup_arn": self.athena_workgroup_arn,
            "results_bucket_arn": self.results_bucket_arn,
        }
        if self._lake_formation:
            lake["lake_formation"] = self._lake_formation
        return lake

    def to_append(self, role: str) -> AppendedTableArgs:
        """Return what a component that appends to the table of a role takes.

        Firehose names the catalog that has the table, whoever decides about access: a stream that names another is a
        new one, and what its predecessor was sent meanwhile would be lost.
        """
        table: AppendedTableArgs = {
            "catalog_arn": self.catalog_arn,
            "database_name": self.namespace,
            "table_name": self.table_names[role],
            "table_arn": self.table_arns[role],
            "table_bucket_arn": self.table_bucket_arn,
        }
        if self._lake_formation:
            table["lake_formation"] = self._lake_formation
        return table

    def _make_tables(
        self, name: str, args: StorageLakeArgs, place: Place, guarded: pulumi.ResourceOptions
    ) -> list[pulumi.Resource]:
        """Make the tables; their names are handed on only when Firehose and Athena can use them.

        Returns:
            What is there when Glue finds every table.
        """
        table_buckets = place.arn("s3tables", "bucket/*")
        ensured: list[pulumi.Resource] = []
        if self._is_guarded:
            ensured = ensure_lake_formation(
                name,
                table_buckets=table_buckets,
                administrators=args.get("administrators", []),
                place=place,
                parent=self,
            )
        catalog = S3TablesCatalog(
            f"{name}-catalog",
            identifier=table_buckets,
            access_control=args.get("access_control", IAM),
            region=place.region,
            switch=args.get("switch_access_control", False),
            opts=pulumi.ResourceOptions(parent=self, depends_on=ensured),
        )
        found: list[pulumi.Resource] = [catalog]
        self._names: dict[str, pulumi.Output[str]] = {}
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
            found.append(visible)
            self._names[role] = self._schema(name, table_args, visible, place).table_name
            arns[role] = table.table_arn
        self.table_names = pulumi.Output.all(**self._names)
        self.table_arns = pulumi.Output.all(**arns)
        return found

    def _link(self, name: str, found: list[pulumi.Resource]) -> None:
        """Make the resource link, by which queries name the tables from here on, and on which grants wait."""
        link = resource_link(
            f"{name}-link",
            self._link_name,
            catalog_id=self.catalog_id,
            namespace=self.namespace,
            after=found,
            parent=self,
        )
        self.athena_catalog = pulumi.Output.from_input(DEFAULT_CATALOG)
        self.database_name = link.name
        self._lake_formation = {
            "catalog_id": _after(link, self.catalog_id),
            "namespace": _after(link, self.namespace),
            "link_name": link.name,
        }

    def _schema(self, name: str, args: TableArgs, visible: TableVisible, place: Place) -> TableSchema:
        return TableSchema(
            f"{name}-table-{args['role']}-schema",
            table={
                "table_bucket_arn": self.table_bucket_arn,
                "namespace": self.namespace,
                "table_name": visible.table_name,
                "athena_catalog": self._catalog,
                "athena_workgroup": self.athena_workgroup,
                "region": place.region,
                **({"catalog_id": self.catalog_id} if self._is_guarded else {}),
            },
            columns=[dict(column) for column in args["columns"]],
            partition=partition_of(args),
            sort=sort_of(args),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _after(resource: aws.glue.CatalogDatabase, value: pulumi.Output[str]) -> pulumi.Output[str]:
    """Return the value, known when the resource is there."""
    return pulumi.Output.all(resource.name, value).apply(lambda both: str(both[1]))


def _short(arn: str) -> str:
    """Return an ARN of IAM without what all of them begin with."""
    return arn.split(":iam::", 1)[-1].replace(":", "/")
