"""The lake: tables as defined, found by Glue before anybody writes, and queries that name them in full."""

import re
from typing import Any

import pytest

import components
from components import StorageLake, _queries
from components._ensure.catalog import S3TablesCatalogProvider
from components._ensure.table_schema import TableSchemaProvider
from components._ensure.table_visible import TableVisibleProvider
from metering import access_log, tombstone
from metering.records import TABLES
from tests.unit.components.fake_aws import ACCOUNT, REGION, arn
from tests.unit.components.harness import PROJECT, Deployment, deploy, run_main
from tests.unit.components.lake_formation_kit import provider_of
from usage.evidence import key_hash_sql
from usage.tombstones import VOIDED_LAST

COLUMNS = [
    {"name": "at", "type": "timestamptz", "required": True},
    {"name": "who", "type": "string", "required": False},
]
TABLE: dict[str, Any] = {"role": "r", "name": "t", "columns": COLUMNS, "partition_column": "at", "sort_column": "who"}
ARGS: dict[str, Any] = {"table_bucket_name": "bucket", "namespace": "ns", "tables": [TABLE]}
GUARDED = {"access_control": "lakeformation"}
READER = "arn:aws-test:iam::210987654321:role/analyst"
USAGE_QUERIES = {
    f"lake-query-{role}"
    for role in (
        *("usage-by-tenant-and-day", "unbillable-by-reason", "latency-by-route"),
        "events-by-tenant-type-and-day",
    )
}
"""Those that tell of usage, and not of deliveries."""
BUCKET_ARN = arn("s3tables", "bucket/saas-metering-test-arn")


def test_the_table_has_the_columns_of_the_record_its_partition_and_its_sort_order(program: Deployment) -> None:
    table = program.one("aws-native:s3tables:Table", "lake-table-api-requests").inputs
    ids = {column.name: number for number, column in enumerate(access_log.COLUMNS, start=1)}
    assert table == {
        "tableBucketArn": BUCKET_ARN,
        "namespace": "metering",
        "tableName": "api_requests",
        "openTableFormat": "ICEBERG",
        "icebergMetadata": {
            "icebergSchema": {
                "schemaFieldList": [
                    {"id": ids[column.name], "name": column.name, "type": column.type, "required": column.required}
                    for column in access_log.COLUMNS
                ]
            },
            "icebergPartitionSpec": {
                "specId": 0,
                "fields": [
                    {
                        "sourceId": ids["request_time"],
                        "fieldId": 1000,
                        "transform": "day",
                        "name": "request_time_day",
                    }
                ],
            },
            "icebergSortOrder": {
                "orderId": 1,
                "fields": [
                    {
                        "sourceId": ids["tenant_id"],
                        "transform": "identity",
                        "direction": "asc",
                        "nullOrder": "nulls-first",
                    }
                ],
            },
        },
        "compaction": {"status": "enabled", "targetFileSizeMb": 512},
        "snapshotManagement": {"status": "enabled", "minSnapshotsToKeep": 1, "maxSnapshotAgeHours": 120},
    }


def test_the_bucket_cleans_up_as_configured() -> None:
    deployed = run_main({f"{PROJECT}:unreferencedDays": "4", f"{PROJECT}:nonCurrentDays": "5"})
    assert deployed.one("TableBucket").inputs == {
        "name": "saas-metering-test",
        "forceDestroy": False,
        "maintenanceConfiguration": {
            "icebergUnreferencedFileRemoval": {
                "status": "enabled",
                "settings": {"unreferencedDays": 4, "nonCurrentDays": 5},
            }
        },
    }


def test_the_catalog_is_ensured_for_every_bucket_of_the_account(program: Deployment) -> None:
    inputs = dict(program.one("pulumi-python:dynamic:Resource", "lake-catalog").inputs)
    inputs.pop("__provider")
    assert inputs == {
        "identifier": arn("s3tables", "bucket/*"),
        "access_control": "iam",
        "region": REGION,
    }


def test_a_tables_name_is_handed_on_when_glue_sees_it_and_its_columns_are_there(program: Deployment) -> None:
    visible = program.one("pulumi-python:dynamic:Resource", "lake-table-api-requests-visible")
    schema = program.one("pulumi-python:dynamic:Resource", "lake-table-api-requests-schema")
    assert set(visible.depends_on) >= {"lake-catalog", "lake-table-api-requests", "lake-namespace", "lake-bucket"}
    assert set(schema.depends_on) >= {"lake-table-api-requests-visible", "lake-workgroup"}
    inputs = {key: value for key, value in visible.inputs.items() if key != "__provider"}
    assert inputs == {
        "catalog_id": f"{ACCOUNT}:s3tablescatalog/saas-metering-test",
        "namespace": "metering",
        "table_name": "api_requests",
        "region": REGION,
    }
    inputs = {key: value for key, value in schema.inputs.items() if key != "__provider"}
    assert inputs == {
        "table_bucket_arn": BUCKET_ARN,
        "namespace": "metering",
        "table_name": "api_requests",
        "athena_catalog": "s3tablescatalog/saas-metering-test",
        "athena_workgroup": "lake-workgroup-1111",
        "region": REGION,
        "columns": [
            {"name": column.name, "type": column.type, "required": column.required} for column in access_log.COLUMNS
        ],
        "partition": ["day(request_time)"],
        "sort": ["tenant_id asc"],
    }


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("lake-catalog", S3TablesCatalogProvider),
        ("lake-table-api-requests-visible", TableVisibleProvider),
        ("lake-table-api-requests-schema", TableSchemaProvider),
    ],
)
def test_dynamic_providers_travel_by_reference_and_without_state(
    program: Deployment, name: str, provider: type[Any]
) -> None:
    assert provider_of(program.one("pulumi-python:dynamic:Resource", name)) is provider


def test_what_dynamic_resources_keep_can_be_read_in_the_state(program: Deployment) -> None:
    assert {record.secrets for record in program.of("pulumi-python:dynamic:Resource")} == {()}


def test_queries_run_within_limits_that_callers_cannot_change() -> None:
    deployed = run_main({f"{PROJECT}:queryScanLimitMiB": "10", f"{PROJECT}:resultRetentionDays": "2"})
    assert deployed.one("Workgroup").inputs == {
        "configuration": {
            "enforceWorkgroupConfiguration": True,
            "publishCloudwatchMetricsEnabled": True,
            "bytesScannedCutoffPerQuery": 10 * 1024 * 1024,
            "engineVersion": {"selectedEngineVersion": "Athena engine version 3"},
            "resultConfiguration": {
                "outputLocation": "s3://lake-results-0000/results/",
                "encryptionConfiguration": {"encryptionOption": "SSE_S3"},
            },
        },
        "forceDestroy": False,
    }
    lifecycle = deployed.one("BucketLifecycleConfiguration", "lake-results-lifecycle").inputs
    assert lifecycle["rules"][0]["expiration"] == {"days": 2}


def test_saved_queries_name_their_table_in_full_and_count_a_record_once(program: Deployment) -> None:
    saved = {record.name: record.inputs for record in program.of("NamedQuery")}
    queries = {f"lake-query-{query.role}": query for query in _queries.QUERIES}
    assert {f"lake-query-{inputs['name']}" for inputs in saved.values()} == set(saved) == set(queries)
    for name, inputs in saved.items():
        records = TABLES[queries[name].over]
        assert (inputs["database"], inputs["workgroup"]) == ("metering", "lake-workgroup-1111")
        tables = {table for table in re.findall(r"FROM (\S+)", inputs["query"]) if table.startswith('"')}
        names = {records.role.replace("-", "_"), *(["usage_tombstones"] if name in USAGE_QUERIES else [])}
        assert tables == {f'"s3tablescatalog/saas-metering-test"."metering"."{table}"' for table in names}
        plain = inputs["query"].replace('"', "")
        assert f"{records.time} >= current_timestamp - INTERVAL '31' DAY" in plain, "no day is pruned"
        key = ", ".join(records.key)
        assert f"PARTITION BY {key} ORDER BY" in plain or f"GROUP BY {key}\nHAVING" in plain


def test_saved_queries_use_columns_of_their_table() -> None:
    sqlglot = pytest.importorskip("sqlglot")
    for query in _queries.QUERIES:
        tables = [TABLES[query.over].columns, tombstone.COLUMNS if "tombstones" in query.places else ()]
        known = {column.name for columns in tables for column in columns} | {"delivery", "*"}
        tree = sqlglot.parse_one(query.sql.format(table='"c"."n"."t"', tombstones='"c"."n"."v"'), read="athena")
        aliases = {alias.alias for alias in tree.find_all(sqlglot.exp.Alias)}
        used = {column.name for column in tree.find_all(sqlglot.exp.Column)}
        assert used - aliases <= known, query.role


def test_saved_queries_know_void_records_as_bills_do() -> None:
    for name in USAGE_QUERIES:
        [query] = [query for query in _queries.QUERIES if f"lake-query-{query.role}" == name]
        assert query.places == {"table": query.over, "tombstones": tombstone.ROLE}
        plain = " ".join(query.sql.split()).replace("( ", "(").replace(" )", ")")
        assert key_hash_sql(TABLES[query.over].key) in plain
        assert f"WHERE record_table = '{query.over}'" in plain
        assert f"HAVING {VOIDED_LAST}" in plain


def test_a_lake_saves_the_queries_over_the_tables_that_it_has() -> None:
    assert deploy(lambda: StorageLake("l", ARGS)).names("NamedQuery") == []  # type: ignore[arg-type]
    alone = {**TABLE, "role": "usage-events"}
    events = {**ARGS, "tables": [alone]}
    assert deploy(lambda: StorageLake("l", events)).names("NamedQuery") == [  # type: ignore[arg-type]
        "l-query-events-sent-again-with-other-data",
    ]
    both = {**ARGS, "tables": [alone, {**TABLE, "role": "tombstones", "name": "v"}]}
    assert deploy(lambda: StorageLake("l", both)).names("NamedQuery") == [  # type: ignore[arg-type]
        "l-query-events-by-tenant-type-and-day",
        "l-query-events-sent-again-with-other-data",
    ]


def test_a_lake_can_hold_several_tables_each_known_by_its_role() -> None:
    handed_on: dict[str, Any] = {}

    def program() -> None:
        more = {**TABLE, "role": "other", "name": "o", "sort_column": "who"}
        del more["sort_column"]
        lake = StorageLake("l", {**ARGS, "tables": [TABLE, more]})  # type: ignore[typeddict-item]
        lake.table_names.apply(lambda names: handed_on.update(names=names))
        lake.table_arns.apply(lambda arns: handed_on.update(arns=arns))

    deployed = deploy(program)
    assert deployed.names("aws-native:s3tables:Table") == ["l-table-other", "l-table-r"]
    bucket = arn("s3tables", "bucket/bucket-arn")
    assert handed_on == {
        "names": {"r": "t", "other": "o"},
        "arns": {"r": f"{bucket}/table/uuid-of-t", "other": f"{bucket}/table/uuid-of-o"},
    }
    metadata = deployed.one("Table", "l-table-other").inputs["icebergMetadata"]
    assert sorted(metadata) == ["icebergPartitionSpec", "icebergSchema"]
    schema = deployed.one("pulumi-python:dynamic:Resource", "l-table-other-schema").inputs
    assert (schema["partition"], schema["sort"]) == (["day(at)"], [])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"table_bucket_name": "aws-mine"}, r"l: table_bucket_name: must be 3 to 63 .*, got 'aws-mine'"),
        ({"namespace": "my-namespace"}, r"l: namespace: must be .*underscores.*, got 'my-namespace'"),
        ({"tables": [{**TABLE, "name": "T"}]}, r"l: tables: r: name: must be .*, got 'T'"),
        ({"tables": [TABLE, {**TABLE, "name": "u"}]}, r"l: tables: each table must have a role of its own"),
        ({"tables": [TABLE, {**TABLE, "role": "s"}]}, r"l: tables: each table must have a name of its own"),
        ({"tables": [{**TABLE, "partition_column": "x"}]}, r"l: tables: r: 'x' must be one of the columns"),
        ({"tables": [{**TABLE, "columns": [*COLUMNS, COLUMNS[0]]}]}, r"r: each column must have a name of its own"),
        ({"unreferenced_days": 0}, r"l: unreferenced_days: must be a whole number of 1 or more, got 0"),
        ({"query_scan_limit_mib": 9}, r"l: query_scan_limit_mib: must be a whole number of 10 or more, got 9"),
        ({"access_control": "acl"}, r"l: access_control: must be one of iam, lakeformation, got 'acl'"),
        ({"readers": [READER]}, r"l: readers: must be empty unless access_control is lakeformation, got \['arn:"),
        ({"administrators": [READER]}, r"l: administrators: must be empty unless access_control is lakeformation"),
        ({**GUARDED, "readers": ["me"]}, r"l: readers: must be the ARN of a user or role, without wildcards, got 'me'"),
        ({**GUARDED, "readers": [READER, READER]}, r"l: readers: must name each principal once, got \['arn:"),
        (
            {**GUARDED, "readers": [READER], "administrators": [READER]},
            r"l: readers: must name no administrator, got \['arn:",
        ),
        ({**GUARDED, "namespace": "n" * 249}, r"l: namespace: must be so short .* 255 characters, got 256: 'bucket_n"),
    ],
    ids=[
        *("bucket", "namespace", "table", "role", "name", "partition", "columns", "days", "scan"),
        *("mode", "readers alone", "administrators alone", "reader", "reader twice", "both", "link"),
    ],
)
def test_a_wrong_argument_stops_before_anything_is_made(changes: dict[str, Any], message: str) -> None:
    def program() -> None:
        with pytest.raises(ValueError, match=message):
            StorageLake("l", {**ARGS, **changes})  # type: ignore[typeddict-item]

    assert deploy(program).records == []


def test_the_package_lists_what_it_offers() -> None:
    assert [name for name in components.__all__ if not hasattr(components, name)] == []
