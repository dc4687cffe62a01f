"""A default is one fact: `Pulumi.yaml`, settings, components and their descriptions say the same."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.provider.experimental.component import ComponentProvider

from components import (
    CustomerApi,
    IngestPipeline,
    LambdaFunction,
    MeteredApi,
    Operations,
    StorageLake,
    UsageBilling,
)
from tests.unit.components.arguments_kit import (
    API,
    BILLING,
    CUSTOMER,
    EVENTS_INGEST,
    FUNCTION,
    INGEST,
    LAKE,
    OPERATIONS,
)
from tests.unit.components.harness import PROJECT, ROOT, Deployment, deploy, run_main
from tests.unit.components.settings_kit import read

COMPONENTS: Mapping[str, tuple[Callable[..., pulumi.ComponentResource], dict[str, Any]]] = {
    "lake": (StorageLake, LAKE),
    "ingest": (IngestPipeline, INGEST),
    "events_ingest": (IngestPipeline, EVENTS_INGEST),
    "customer": (CustomerApi, CUSTOMER),
    "api": (MeteredApi, API),
    "billing": (UsageBilling, BILLING),
    "operations": (Operations, OPERATIONS),
}
"""Each component that the configuration decides about, with what it takes from elsewhere."""
OF_THE_WHOLE = ("tableName", "usageEventsTableName", "tombstonesTableName", "logRetentionDays")
"""Keys that the program itself hands on."""
CHANGED: Mapping[str, str] = {
    "tableBucketName": "other",
    "namespace": "other",
    "tableName": "other",
    "usageEventsTableName": "other",
    "tombstonesTableName": "others",
    "accessControl": "lakeformation",
    "switchAccessControl": "true",
    "lakeFormationReaders": '["arn:aws:iam::123456789012:role/analyst"]',
    "lakeFormationAdmins": '["arn:aws:iam::123456789012:role/admin"]',
    "streamSuffix": "other",
    "usageEventsStream": "other",
    "eventProducers": '["arn:aws:iam::123456789012:role/backend"]',
    "stageName": "other",
    "deliveryBufferIntervalSeconds": "1",
    "deliveryBufferSizeMiB": "2",
    "deliveryRetrySeconds": "3",
    "transformBufferIntervalSeconds": "4",
    "transformBufferSizeMiB": "2",
    "transformRetries": "6",
    "errorOutputPrefix": "other/!{firehose:error-output-type}/",
    "logRetentionDays": "7",
    "errorRetentionDays": "91",
    "resultRetentionDays": "9",
    "queryScanLimitMiB": "10",
    "unreferencedDays": "11",
    "nonCurrentDays": "12",
    "protect": "false",
    "keepSourceIps": "false",
    "throttleRate": "13",
    "throttleBurst": "14",
    "selfSignUp": "true",
    "catalogFile": "tests/unit/components/catalogs/small.yaml",
    "billingSchedule": "cron(30 5 * * ? *)",
    "usageRollupSchedule": "cron(0/15 * * * ? *)",
    "graceHours": "25",
    "lateUsageMonths": "0",
    "paymentTermsDays": "30",
    "invoiceRetentionDays": "365",
    "invoicePrefix": "R",
    "creditNotePrefix": "G",
    "requireReconciliation": "false",
    "deploymentName": "other",
    "alarmEmails": '["on-call@example.com"]',
    "operatorPrincipals": '["arn:aws:iam::123456789012:role/on-call"]',
    "freshnessAlarmSeconds": "900",
    "missedRunHours": "50",
    "reconciliationSchedule": "cron(40 * * * ? *)",
    "streamTolerancePercent": "0.5",
    "sourceTolerancePercent": "1",
    "replayWindowDays": "30",
    "sellerName": "Other Ltd",
    "sellerAddress": '["2 Other Street"]',
    "sellerTaxId": "OT1",
    "sellerEmail": "other@example.com",
}
"""Each key with a value that is not its default."""
SELLER = {"sellerName": "Example Ltd", "sellerAddress": '["1 Example Street"]'}
BASES: Mapping[str, Mapping[str, str]] = {
    "seller": SELLER,
    "lakeFormation": {"accessControl": "lakeformation"},
}
"""What must be set before keys that begin so can be."""


def declared() -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    return config


def comparable(deployment: Deployment) -> dict[str, Any]:
    return {
        record.name: (record.protect, {key: _comparable(value) for key, value in record.inputs.items()})
        for record in deployment.records
    }


def _comparable(value: Any) -> Any:
    """Show an archive by what it holds besides code."""
    if isinstance(value, pulumi.AssetArchive):
        return {path: asset.text for path, asset in value.assets.items() if isinstance(asset, pulumi.StringAsset)}
    return value


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_left_to_its_defaults_is_that_of_a_stack_left_to_its_own(name: str) -> None:
    assert made(name, {}) == made(name, sections({})[name])


def test_a_function_left_to_its_defaults_keeps_its_logs_as_a_stack_left_to_its_own() -> None:
    configured = {**FUNCTION, "log_retention_days": read({}).log_retention_days}
    alone = deploy(lambda: LambdaFunction("x", FUNCTION))  # type: ignore[typeddict-item]
    assert comparable(alone) == comparable(deploy(lambda: LambdaFunction("x", configured)))  # type: ignore[typeddict-item]


def test_descriptions_of_arguments_tell_the_defaults() -> None:
    host = ComponentProvider(
        [CustomerApi, IngestPipeline, MeteredApi, Operations, StorageLake, UsageBilling], PROJECT, version="1.0.0"
    )
    resources = json.loads(host.schema)["resources"]
    settings = read({})
    told = {
        "access_control": "which it is if absent",
        "error_output_prefix": "by kind of error and day if absent",
        "readers": "none if absent",
        "administrators": "none if absent",
        "alarm_emails": "none if absent",
        "operators": "if empty or absent",
    }
    silent = []
    parts: dict[str, Mapping[str, Any]] = {
        "StorageLake": settings.lake,
        "IngestPipeline": settings.ingest,
        "MeteredApi": settings.api,
        "UsageBilling": settings.billing,
        "CustomerApi": settings.customer,
        "Operations": settings.operations,
    }
    for component, values in parts.items():
        properties = resources[f"{PROJECT}:index:{component}"]["inputProperties"]
        required = resources[f"{PROJECT}:index:{component}"]["requiredInputs"]
        for name, default in values.items():
            head, *rest = name.split("_")
            key = head + "".join(part.capitalize() for part in rest)
            value = f"`{default}`" if isinstance(default, str) else json.dumps(default)
            says = told.get(name, f"{value} if absent")
            if key not in required and says not in properties[key]["description"]:
                silent.append((component, key, properties[key]["description"]))
    assert silent == []


def test_every_key_has_a_value_that_makes_a_difference() -> None:
    assert set(declared()) == set(CHANGED)


def sections(config: Mapping[str, str]) -> dict[str, Mapping[str, Any]]:
    """What a configuration decides about each component."""
    settings = read(dict(config))
    return {name: getattr(settings, name) for name in COMPONENTS}


def made(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    return _made(name, json.dumps(settings))


@cache  # most comparisons are with the defaults
def _made(name: str, settings_json: str) -> dict[str, Any]:
    make, required = COMPONENTS[name]
    settings = json.loads(settings_json)
    return comparable(deploy(lambda: make("x", {**required, **settings})))


@pytest.mark.soak
@pytest.mark.parametrize("key", [key for key in CHANGED if key not in OF_THE_WHOLE])
def test_a_key_that_is_set_changes_every_component_that_it_is_for(key: str) -> None:
    base = next((base for prefix, base in BASES.items() if key.startswith(prefix)), {})
    before, after = sections(base), sections({**base, key: CHANGED[key]})
    concerned = [name for name in COMPONENTS if before[name] != after[name]]
    assert concerned
    for name in concerned:
        assert made(name, after[name]) != made(name, before[name]), name


@pytest.mark.parametrize("key", OF_THE_WHOLE)
def test_a_key_of_the_whole_program_changes_what_is_deployed(program: Deployment, key: str) -> None:
    assert comparable(run_main({f"{PROJECT}:{key}": CHANGED[key]})) != comparable(program)


def test_names_of_the_lake_reach_all_that_use_them() -> None:
    deployed = run_main({f"{PROJECT}:{key}": key.lower() for key in ("tableBucketName", "namespace", "tableName")})
    assert deployed.one("TableBucket").inputs["name"] == "tablebucketname"
    planner = deployed.one("Function", "billing-planner-function").inputs["environment"]["variables"]
    names = ("ATHENA_CATALOG", "DATABASE_NAME", "TABLE_NAMES")
    assert [planner[name] for name in names] == [
        *("s3tablescatalog/tablebucketname", "namespace"),
        '{"api-requests": "tablename", "tombstones": "usage_tombstones", "usage-events": "usage_events"}',
    ]
    assert deployed.one("Namespace").inputs["namespace"] == "namespace"
    table = deployed.one("aws-native:s3tables:Table", "lake-table-api-requests").inputs
    assert (table["namespace"], table["tableName"]) == ("namespace", "tablename")
    stream = deployed.one("FirehoseDeliveryStream", "ingest-stream").inputs["icebergConfiguration"]
    assert stream["catalogArn"].endswith(":catalog/s3tablescatalog/tablebucketname")
    assert stream["destinationTableConfigurations"] == [{"databaseName": "namespace", "tableName": "tablename"}]
    database = '"s3tablescatalog/tablebucketname"."namespace"'
    asked = [
        table
        for query in deployed.of("NamedQuery")
        for table in ("tablename", "usage_events")
        if f'{database}."{table}"' in query.inputs["query"]
    ]
    assert sorted(asked) == ["tablename"] * 4 + ["usage_events"] * 2
    names = ("table_bucket_name", "namespace", "table_name", "database_name", "athena_catalog")
    assert [deployed.exports[name] for name in names] == [
        *("tablebucketname", "namespace", "tablename", "namespace", "s3tablescatalog/tablebucketname")
    ]
