"""Configuration: every fault at once, before anything is registered, with the key, the rule and the value."""

import dataclasses
import json
import re
import runpy

import pulumi
import pytest
import yaml

from components._rules import PRINCIPAL_ARN
from components.catalog import read_catalog
from tests.unit.components.harness import ROOT, deploy
from tests.unit.components.settings_kit import errors, read


def test_defaults_in_the_code_are_those_of_the_project_file() -> None:
    """The CLI fills in the project file's defaults; what runs without it must not differ."""
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    as_text = {
        key: value["default"] if isinstance(value["default"], str) else json.dumps(value["default"])
        for key, value in declared.items()
    }
    assert read(as_text) == read({})


def test_every_key_is_declared_with_type_and_description() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    types = {"string": str, "integer": int, "boolean": bool, "array": list}
    for key, value in declared.items():
        assert value["description"].endswith("."), key
        assert type(value["default"]) is types[value["type"]], key


def test_every_declared_key_is_read_and_no_other() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    files = ("settings.py", "_billing_settings.py", "_ingest_settings.py", "_operations_settings.py")
    source = "".join((ROOT / "components" / file).read_text() for file in files)
    read_keys = re.findall(r'reader\.(?:text|integer|one_of|boolean|texts)\(\s*"(\w+)"', source)
    assert sorted(read_keys) == sorted(declared)


def test_settings_of_a_default_stack() -> None:
    assert dataclasses.asdict(read({}, stack="prod")) == {
        "table_name": "api_requests",
        "events_table_name": "usage_events",
        "tombstones_table_name": "usage_tombstones",
        "log_retention_days": 30,
        "lake": {
            "table_bucket_name": "saas-metering-prod",
            "namespace": "metering",
            "access_control": "iam",
            "switch_access_control": False,
            "readers": [],
            "administrators": [],
            "protect": True,
            "unreferenced_days": 3,
            "non_current_days": 10,
            "result_retention_days": 30,
            "query_scan_limit_mib": 102_400,
        },
        "ingest": {
            "stream_name": "amazon-apigateway-saas-metering-prod",
            "transform_handler": "handlers.transform.handler",
            "delivery_buffer_interval_seconds": 60,
            "delivery_buffer_size_mib": 64,
            "delivery_retry_seconds": 300,
            "transform_buffer_interval_seconds": 60,
            "transform_buffer_size_mib": 1,
            "transform_retries": 3,
            "error_output_prefix": "errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/",
            "error_retention_days": 90,
            "log_retention_days": 30,
            "protect": True,
        },
        "events_ingest": {
            "stream_name": "saas-metering-prod-usage-events",
            "transform_handler": "handlers.transform_events.handler",
            "files": {"catalog.json": read_catalog("catalog.yaml")},
            "producers": [],
            "delivery_buffer_interval_seconds": 60,
            "delivery_buffer_size_mib": 64,
            "delivery_retry_seconds": 300,
            "transform_buffer_interval_seconds": 60,
            "transform_buffer_size_mib": 1,
            "transform_retries": 3,
            "error_output_prefix": "errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/",
            "error_retention_days": 90,
            "log_retention_days": 30,
            "protect": True,
        },
        "customer": {"catalog": read_catalog("catalog.yaml"), "log_retention_days": 30},
        "billing": {
            "catalog": read_catalog("catalog.yaml"),
            "payment_terms_days": 14,
            "grace_hours": 72,
            "late_usage_months": 3,
            "retention_days": 3650,
            "invoice_prefix": "INV",
            "credit_note_prefix": "CN",
            "require_reconciliation": True,
            "schedule": "cron(0 6 * * ? *)",
            "rollup_schedule": "cron(5 * * * ? *)",
            "log_retention_days": 30,
            "protect": True,
        },
        "api": {
            "stage_name": "v1",
            "keep_source_ips": True,
            "self_sign_up": False,
            "throttle_rate": 100,
            "throttle_burst": 200,
            "protect": True,
        },
        "operations": {
            "deployment": "saas-metering-prod",
            "alarm_emails": [],
            "operators": [],
            "freshness_alarm_seconds": 3600,
            "missed_run_hours": 26,
            "reconciliation_schedule": "cron(20 * * * ? *)",
            "stream_tolerance_percent": "0",
            "source_tolerance_percent": "0.01",
            "replay_window_days": 60,
            "log_retention_days": 30,
            "protect": True,
        },
    }


NAME = "must be 1 to 255 lower-case letters, digits and underscores, beginning and ending with a letter or digit"
BUCKET = (
    "the name, <project>-<stack> if empty, must be 3 to 63 lower-case letters, digits and hyphens, beginning and ending"
    " with a letter or digit, not beginning with xn--, sthree-, amzn-s3-demo-, aws and not ending with -s3alias,"
    " --ol-s3, --x-s3, --table-s3"
)
STREAM = (
    "the stream's name, with <project>-<stack> if empty, must be amazon-apigateway- and letters, digits, underscores,"
    " periods and hyphens, at most 64 in all"
)
EVENTS_STREAM = (
    "the name, <project>-<stack>-usage-events if empty, must be 1 to 64 letters, digits, underscores, periods and"
    " hyphens, and not begin with amazon-apigateway-, to which API Gateway may put"
)
PRINCIPALS = f"must be a list, each item {PRINCIPAL_ARN.says}"
PREFIX = (
    "must contain !{firehose:error-output-type}, end with / and not begin with it, have no expressions but"
    " firehose:error-output-type, firehose:random-string and timestamp, and be 1024 characters at most"
)
LONG = "x" * 47


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("accessControl", "none", "must be one of iam, lakeformation"),
        ("namespace", "my-namespace", f"{NAME}, and not beginning with aws"),
        ("namespace", "aws_usage", f"{NAME}, and not beginning with aws"),
        ("namespace", "", f"{NAME}, and not beginning with aws"),
        ("tableName", "_requests", NAME),
        ("tableName", "Requests", NAME),
        ("tableName", "a" * 256, NAME),
        ("tableBucketName", "ab", BUCKET),
        ("tableBucketName", "aws-usage", BUCKET),
        ("tableBucketName", "usage--table-s3", BUCKET),
        ("stageName", "v 1", "must be 1 to 128 letters, digits, hyphens and underscores"),
        ("deliveryBufferIntervalSeconds", "901", "must be a whole number from 0 to 900"),
        ("deliveryBufferIntervalSeconds", "-1", "must be a whole number from 0 to 900"),
        ("deliveryBufferSizeMiB", "0", "must be a whole number from 1 to 128"),
        ("deliveryBufferSizeMiB", "129", "must be a whole number from 1 to 128"),
        ("deliveryBufferSizeMiB", "64.5", "must be a whole number from 1 to 128"),
        ("deliveryBufferSizeMiB", "\u0663", "must be a whole number from 1 to 128"),
        ("deliveryBufferSizeMiB", "many", "must be a whole number from 1 to 128"),
        ("deliveryRetrySeconds", "7201", "must be a whole number from 0 to 7200"),
        ("transformBufferIntervalSeconds", "901", "must be a whole number from 0 to 900"),
        ("transformBufferSizeMiB", "4", "must be a whole number from 1 to 3"),
        ("transformRetries", "301", "must be a whole number from 0 to 300"),
        ("errorOutputPrefix", "errors/", PREFIX),
        ("errorOutputPrefix", "errors/!{firehose:error-output-type}", PREFIX),
        ("errorOutputPrefix", "/!{firehose:error-output-type}/", PREFIX),
        ("errorOutputPrefix", "!{firehose:error-output-type}/!{partitionKeyFromQuery:a}/", PREFIX),
        ("errorRetentionDays", "0", "must be a whole number of 1 or more"),
        ("queryScanLimitMiB", "9", "must be a whole number of 10 or more"),
        ("unreferencedDays", "0", "must be a whole number of 1 or more"),
        ("nonCurrentDays", "0", "must be a whole number of 1 or more"),
        ("throttleRate", "0", "must be a whole number of 1 or more"),
        ("throttleBurst", "0", "must be a whole number of 1 or more"),
        ("protect", "yes", "must be true or false"),
        ("keepSourceIps", "1", "must be true or false"),
        ("eventProducers", "alice", PRINCIPALS),
        ("eventProducers", '["*"]', PRINCIPALS),
        ("eventProducers", '["arn:aws:iam::123456789012:role/*"]', PRINCIPALS),
        ("usageEventsTableName", "Events", NAME),
        ("usageEventsTableName", "api_requests", "must not be that of API requests"),
        ("tombstonesTableName", "Tombstones", NAME),
        ("tombstonesTableName", "api_requests", "must not be that of API requests or of usage events"),
        ("tombstonesTableName", "usage_events", "must not be that of API requests or of usage events"),
        ("usageEventsStream", "amazon-apigateway-events", EVENTS_STREAM),
        ("usageEventsStream", "usage events", EVENTS_STREAM),
        ("usageEventsStream", "x" * 65, EVENTS_STREAM),
    ],
)
def test_a_wrong_value_is_named_with_its_key_and_rule(key: str, value: str, rule: str) -> None:
    assert errors({key: value}) == [f"saas-metering:{key}: {rule}, got {value!r}"]


def test_log_retention_is_one_of_the_periods_on_offer() -> None:
    (line,) = errors({"logRetentionDays": "31"})
    assert re.fullmatch(r"saas-metering:logRetentionDays: must be one of 1, 3, 5, .*, 3653, got '31'", line)


def test_a_stream_name_over_64_characters_shows_the_whole_name() -> None:
    assert errors({"streamSuffix": LONG}) == [f"saas-metering:streamSuffix: {STREAM}, got 'amazon-apigateway-{LONG}'"]


def test_the_stream_of_usage_events_and_who_may_put_there_can_be_chosen() -> None:
    account = "arn:aws:iam::123456789012:root"
    chosen = read({"usageEventsStream": "x" * 64, "eventProducers": json.dumps([account])}).events_ingest
    assert (chosen["stream_name"], chosen["producers"]) == ("x" * 64, [account])
    stack = "s" * 39
    name = f"saas-metering-{stack}-usage-events"
    assert errors({"streamSuffix": "s"}, stack=stack) == [
        f"saas-metering:usageEventsStream: {EVENTS_STREAM}, got {name!r}"
    ]


def test_a_stack_name_that_makes_no_bucket_name_says_which_key_to_set() -> None:
    assert errors({}, stack="Dev_1") == [f"saas-metering:tableBucketName: {BUCKET}, got 'saas-metering-Dev_1'"]
    assert read({"tableBucketName": "usage"}, stack="Dev_1").lake["table_bucket_name"] == "usage"


def test_all_faults_are_named_at_once_and_nothing_is_registered() -> None:
    config = {
        "saas-metering:namespace": "my-namespace",
        "saas-metering:deliveryBufferSizeMiB": "500",
        "saas-metering:streamSuffix": LONG,
        "saas-metering:accessControl": "both",
        "saas-metering:tabelName": "requests",
        "aws-native:region": "eu-west-1",
    }
    lines: list[str] = []

    def program() -> None:
        with pytest.raises(pulumi.RunError) as raised:
            runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
        lines.extend(str(raised.value).splitlines())

    assert deploy(program, config=config).records == []
    assert lines == [
        "the stack's configuration is wrong:",
        "  saas-metering:accessControl: must be one of iam, lakeformation, got 'both'",
        f"  saas-metering:namespace: {NAME}, and not beginning with aws, got 'my-namespace'",
        f"  saas-metering:streamSuffix: {STREAM}, got 'amazon-apigateway-{LONG}'",
        "  saas-metering:deliveryBufferSizeMiB: must be a whole number from 1 to 128, got '500'",
        "  saas-metering:tabelName: is no key of this project, see Pulumi.yaml",
        "  aws-native:region: both providers follow the `aws` configuration, set aws:region instead",
    ]


def test_an_unknown_key_of_the_project_is_a_fault_and_others_are_none_of_ours() -> None:
    assert errors({"protected": "true"}) == ["saas-metering:protected: is no key of this project, see Pulumi.yaml"]
    assert read({"another:protected": "true"}) == read({})


def test_keys_set_in_the_engines_environment_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps({"saas-metering:tabelName": "x", "saas-metering:protect": "maybe"}))
    assert errors({}) == [
        "saas-metering:protect: must be true or false, got 'maybe'",
        "saas-metering:tabelName: is no key of this project, see Pulumi.yaml",
    ]
