"""The program as a whole: what it registers, in which order, and what it exports."""

import pulumi
import pulumi_aws as aws

import components
from tests.golden.regenerate import RESOURCES, program_tree, stack_config
from tests.unit.components.fake_aws import ACCOUNT, REGION, FakeAws, arn
from tests.unit.components.harness import PROJECT, ROOT, Deployment, deploy, run_main
from tests.unit.components.strict import unknown_keys

NAMES_WITHIN_AN_ACCOUNT = {
    "aws:apigateway/restApi:RestApi": "name",
    "aws:athena/workgroup:Workgroup": "name",
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": "alarmName",
    "aws:cloudwatch/dashboard:Dashboard": "dashboardName",
    "aws:cloudwatch/logGroup:LogGroup": "name",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "name",
    "aws:cognito/userPool:UserPool": "name",
    "aws:dynamodb/table:Table": "name",
    "aws:iam/policy:Policy": "name",
    "aws:iam/role:Role": "name",
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": "name",
    "aws:lambda/function:Function": "name",
    "aws:s3/bucket:Bucket": "bucket",
    "aws:s3tables/tableBucket:TableBucket": "name",
    "aws:scheduler/scheduleGroup:ScheduleGroup": "name",
    "aws:sns/topic:Topic": "name",
    "aws:sqs/queue:Queue": "name",
}
"""Where two stacks could collide; all else is named by Pulumi or lives within one of these."""

BUCKET_ARN = f"arn:aws-test:s3tables:{REGION}:{ACCOUNT}:bucket/saas-metering-test-arn"


def test_the_program_is_an_outline_of_under_60_lines() -> None:
    assert len((ROOT / "__main__.py").read_text().splitlines()) < 60


def test_every_resource_of_the_dev_stack_is_in_the_golden_list() -> None:
    assert program_tree() == RESOURCES.read_text().splitlines(), "read the difference, then run `make golden`"


def test_parents_are_recorded(program: Deployment) -> None:
    parentless = {record.typ for record in program.records if not record.parent}
    assert parentless == {
        "pulumi:providers:aws-native",
        "saas-metering:index:CustomerApi",
        "saas-metering:index:IngestPipeline",
        "saas-metering:index:LambdaFunction",
        "saas-metering:index:MeteredApi",
        "saas-metering:index:Operations",
        "saas-metering:index:StorageLake",
        "saas-metering:index:UsageBilling",
    }


def test_exports_are_outputs_of_what_was_made(program: Deployment) -> None:
    exports = dict(program.exports)
    assert exports.pop("access_log_format") == program.one("Stage").inputs["accessLogSettings"]["format"]
    settings = program.one("Function", "billing-worker-function").inputs["environment"]["variables"]["BILLING_SETTINGS"]
    assert exports.pop("billing_settings") == settings
    reconciler = program.one("Function", "operations-reconciler-function").inputs["environment"]["variables"]
    assert exports.pop("reconciliation_settings") == reconciler["RECONCILIATION_SETTINGS"]
    names = {alarm.name.removeprefix("operations-"): f"{alarm.name}-9999" for alarm in program.of("MetricAlarm")}
    assert exports.pop("alarm_names") == names
    assert exports == {
        "rest_api_url": "https://api-stage.example/v1",
        "portal_url": "https://api-stage.example/v1/portal",
        "rest_api_id": "api-api-id",
        "stage_name": "v1",
        "user_pool_id": "api-users-id",
        "user_pool_client_id": "api-client-id",
        "delivery_stream_name": "amazon-apigateway-saas-metering-test",
        "delivery_stream_arn": (
            f"arn:aws-test:firehose:{REGION}:{ACCOUNT}:deliverystream/amazon-apigateway-saas-metering-test-arn"
        ),
        "transform_function_name": "ingest-transform-function-4444",
        "error_bucket_name": "ingest-errors-0000",
        "table_bucket_arn": BUCKET_ARN,
        "table_bucket_name": "saas-metering-test",
        "namespace": "metering",
        "table_name": "api_requests",
        "table_arn": f"{BUCKET_ARN}/table/uuid-of-api_requests",
        "usage_events_table_name": "usage_events",
        "usage_events_table_arn": f"{BUCKET_ARN}/table/uuid-of-usage_events",
        "tombstones_table_name": "usage_tombstones",
        "tombstones_table_arn": f"{BUCKET_ARN}/table/uuid-of-usage_tombstones",
        "usage_events_stream_name": "saas-metering-test-usage-events",
        "usage_events_stream_arn": (
            f"arn:aws-test:firehose:{REGION}:{ACCOUNT}:deliverystream/saas-metering-test-usage-events-arn"
        ),
        "usage_events_error_bucket_name": "events-ingest-errors-0000",
        "usage_events_transform_function_name": "events-ingest-transform-function-4444",
        "usage_events_producer_role_arn": (f"arn:aws-test:iam::{ACCOUNT}:role/events-ingest-producer-role-role-arn"),
        "catalog_id": f"{ACCOUNT}:s3tablescatalog/saas-metering-test",
        "athena_catalog": "s3tablescatalog/saas-metering-test",
        "database_name": "metering",
        "athena_workgroup": "lake-workgroup-1111",
        "invoice_bucket_name": "billing-documents-0000",
        "subscriptions_table_name": "billing-subscriptions-5555",
        "invoices_table_name": "billing-invoices-5555",
        "reconciliation_table_name": "billing-reconciliation-5555",
        "usage_table_name": "billing-usage-5555",
        "billing_planner_function_name": "billing-planner-function-4444",
        "billing_worker_function_name": "billing-worker-function-4444",
        "billing_rollup_function_name": "billing-rollup-function-4444",
        "billing_queue_name": "billing-tasks-6666",
        "billing_dead_letter_queue_name": "billing-dead-letters-6666",
        "billing_dead_letter_queue_url": "https://queues.example/billing-dead-letters-6666",
        "billing_schedule_group_name": "billing-schedules-7777",
        "billing_schedule_name": "billing-schedule-8888",
        "billing_rollup_schedule_name": "billing-rollup-schedule-8888",
        "alarm_topic_arn": arn("sns", "operations-alarms-arn"),
        "usage_at_risk_alarm_name": "saas-metering-test-usage-data-at-risk",
        "dashboard_name": "saas-metering-test",
        "dashboard_url": (
            f"https://{REGION}.console.aws.amazon.com/cloudwatch/home?region={REGION}"
            "#dashboards/dashboard/saas-metering-test"
        ),
        "reconciler_function_name": "operations-reconciler-function-4444",
        "reconciliation_schedule_group_name": "operations-schedules-7777",
        "reconciliation_schedule_name": "operations-reconciliation-schedule-8888",
        "actions_table_name": "operations-actions-5555",
        "operator_policy_arn": f"arn:aws-test:iam::{ACCOUNT}:policy/operations-operator-policy-policy-arn",
        "operator_role_arn": f"arn:aws-test:iam::{ACCOUNT}:role/operations-operator-role-role-arn",
    }


def test_components_register_the_outputs_that_they_document(program: Deployment) -> None:
    for record in program.records:
        if record.custom:
            continue
        component = getattr(components, record.typ.rsplit(":", 1)[-1])
        without = {"producer_role_arn"} if record.name == "ingest" else set()  # API Gateway alone puts records there
        assert set(program.outputs[record.name]) == set(component.__annotations__) - without, record.name


def test_no_nested_key_is_unknown(program: Deployment) -> None:
    assert [path for record in program.records for path in unknown_keys(record)] == []


def test_the_search_for_unknown_nested_keys_finds_one() -> None:
    def misspelt() -> None:
        configuration = {"enforce_workgroup_configuraton": True, "result_configuration": {"output_locaton": "s3://x"}}
        aws.athena.Workgroup("w", configuration=configuration)  # type: ignore[arg-type]

    (record,) = deploy(misspelt).records
    assert sorted(unknown_keys(record)) == [
        "aws:athena/workgroup:Workgroup w.configuration.enforce_workgroup_configuraton",
        "aws:athena/workgroup:Workgroup w.configuration.resultConfiguration.output_locaton",
    ]


def test_only_the_tables_go_to_the_aws_native_provider(program: Deployment) -> None:
    assert {record.typ for record in program.records if record.provider == "aws-native"} == {
        "aws-native:s3tables:Table"
    }
    assert {record.name for record in program.records if record.typ.startswith("aws-native:")} == {
        *("lake-table-api-requests", "lake-table-tombstones", "lake-table-usage-events")
    }


def test_a_first_preview_knows_nothing_and_still_shows_every_resource(program: Deployment, preview: Deployment) -> None:
    assert preview.tree() == program.tree()


def test_two_stacks_share_no_name_in_an_account() -> None:
    def names(stack: str) -> set[tuple[str, str]]:
        deployment = run_main(stack=stack)
        return {
            (typ, record.inputs[key])
            for typ, key in NAMES_WITHIN_AN_ACCOUNT.items()
            for record in deployment.of(typ)
            if key in record.inputs
        }

    one = names("one")
    assert one == {
        ("aws:s3tables/tableBucket:TableBucket", "saas-metering-one"),
        ("aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream", "amazon-apigateway-saas-metering-one"),
        ("aws:cloudwatch/logGroup:LogGroup", "/aws/kinesisfirehose/amazon-apigateway-saas-metering-one"),
        ("aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream", "saas-metering-one-usage-events"),
        ("aws:cloudwatch/logGroup:LogGroup", "/aws/kinesisfirehose/saas-metering-one-usage-events"),
        ("aws:cloudwatch/dashboard:Dashboard", "saas-metering-one"),
        ("aws:cloudwatch/compositeAlarm:CompositeAlarm", "saas-metering-one-usage-data-at-risk"),
    }
    assert one & names("other") == set()


def test_a_second_run_registers_the_same_and_asks_where_it_is_and_nothing_else(program: Deployment) -> None:
    def comparable(deployment: Deployment) -> list[tuple[str, str, str]]:
        return sorted((record.typ, record.name, _text(record.inputs)) for record in deployment.records)

    fake = FakeAws()
    assert comparable(run_main(fake=fake)) == comparable(program)
    assert set(fake.calls) == {
        "aws:index/getCallerIdentity:getCallerIdentity",
        "aws:index/getPartition:getPartition",
        "aws:index/getRegion:getRegion",
    }


def test_nothing_is_protected_and_everything_can_go_in_the_dev_stack() -> None:
    dev = run_main({f"{PROJECT}:protect": "false"})
    assert [record.name for record in dev.records if record.protect] == []
    assert {
        record.name: record.inputs["forceDestroy"] for record in dev.records if "forceDestroy" in record.inputs
    } == {
        "billing-documents": True,
        "events-ingest-errors": True,
        "ingest-errors": True,
        "lake-bucket": True,
        "lake-results": True,
        "lake-workgroup": True,
    }
    assert dev.one("UserPool").inputs["deletionProtection"] == "INACTIVE"
    assert {table.inputs["deletionProtectionEnabled"] for table in dev.of("aws:dynamodb/table:Table")} == {False}


def test_by_default_what_cannot_be_made_again_is_protected(program: Deployment) -> None:
    assert sorted(record.name for record in program.records if record.protect) == [
        "api-users",
        "billing-documents",
        "billing-invoices",
        "billing-reconciliation",
        "billing-subscriptions",
        "lake-bucket",
        "lake-table-api-requests",
        "lake-table-tombstones",
        "lake-table-usage-events",
        "operations-actions",
    ]
    assert {record.inputs["forceDestroy"] for record in program.records if "forceDestroy" in record.inputs} == {False}
    assert program.one("UserPool").inputs["deletionProtection"] == "ACTIVE"
    unguarded = {
        table.name for table in program.of("aws:dynamodb/table:Table") if not table.inputs["deletionProtectionEnabled"]
    }
    assert unguarded == {"billing-usage"}, "what it holds is counted anew from the rows"


def test_nothing_is_retained_or_imported(program: Deployment) -> None:
    assert [record.name for record in program.records if record.retain_on_delete] == []


def test_schema_changes_never_replace_a_table(program: Deployment) -> None:
    ignored = {record.name: record.ignore_changes for record in program.records if record.ignore_changes}
    assert ignored == {
        "lake-table-api-requests": ("icebergMetadata",),
        "lake-table-tombstones": ("icebergMetadata",),
        "lake-table-usage-events": ("icebergMetadata",),
    }


def test_fixed_names_are_deleted_before_they_are_made_again_and_deployments_are_not(program: Deployment) -> None:
    assert sorted(record.name for record in program.records if record.delete_before_replace) == [
        "lake-bucket",
        "lake-table-api-requests",
        "lake-table-tombstones",
        "lake-table-usage-events",
    ]


def test_the_stack_file_of_production_is_valid() -> None:
    """That of development is what the golden list is of."""
    assert run_main(stack_config("Pulumi.prod.yaml")).names("Stage") == ["api-stage"]


def _text(value: object) -> str:
    """Show a value in a comparable way: archives compare by their files."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_text(item)}" for key, item in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    if isinstance(value, pulumi.AssetArchive):
        return _text({key: vars(asset) for key, asset in value.assets.items()})
    return repr(value)
