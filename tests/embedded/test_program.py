"""The real program under the embedded engine: what an `up`, a second one, a change and a destroy do."""

import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.engine import Operation, ProtectedError, Stack, UpResult
from embedded_aws.server import EmbeddedAws

PROJECT = Path(__file__).parents[2]
DEV = {"saas-metering:protect": "false", "saas-metering:deliveryBufferIntervalSeconds": "5"}
ROUTE = '    {"method": "GET", "path": "/random/strings", "function": product.arn},\n'
CATALOG = "s3tablescatalog"
FUNCTIONS = (
    *("billing-planner", "billing-rollup", "billing-worker", "customer-lines"),
    *("events-ingest-transform", "ingest-transform", "operations-reconciler"),
)
"""The functions that know namespace or table."""
QUERYING = ("billing-planner", "billing-rollup", "customer-lines", "operations-reconciler", "operations-operator")
NEW_STREAM = {"policy": "update", "stream": "replace"}
NEW_TABLES = {"tableName": "other", "usageEventsTableName": "others"}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program, to change."""
    folder = tmp_path_factory.mktemp("program")
    for name in ("Pulumi.yaml", "__main__.py", "catalog.yaml"):
        shutil.copy(PROJECT / name, folder)
    for name in ("components", "lambda_src"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="module")
def before(aws: EmbeddedAws, deployed: Any) -> set[tuple[str, str]]:  # noqa: ARG001 - after the session's own stack
    return inventory(aws)


@pytest.fixture(scope="module")
def stack(aws: EmbeddedAws, program: Path, before: set[tuple[str, str]]) -> Iterator[Stack]:  # noqa: ARG001 - made before
    """A second stack in the account, up before and after each test."""
    made = Stack(program, "life", aws.session(), config=DEV)
    made.up()
    yield made
    made.destroy()


@pytest.fixture(scope="module")
def guarded(aws: EmbeddedAws, program: Path) -> Stack:
    """A third one, with everything guarded that cannot be made again; it goes with the test that unprotects it."""
    made = Stack(program, "guarded", aws.session())
    made.up()
    return made


def changes(result: UpResult) -> dict[str, str]:
    return {
        urn.rsplit("::", 1)[-1]: str(operation)
        for urn, operation in result.changes.items()
        if operation is not Operation.SAME
    }


def inventory(aws: EmbeddedAws) -> set[tuple[str, str]]:
    """Everything that the program's services hold."""
    session = aws.session()

    def every(service: str, call: str, key: str, **arguments: Any) -> list[Any]:
        client = session.client(service)
        if not client.can_paginate(call):
            return list(getattr(client, call)(**arguments)[key])
        return [one for page in client.get_paginator(call).paginate(**arguments) for one in page[key]]

    lists: dict[str, list[Any]] = {
        "bucket": [one["Name"] for one in every("s3", "list_buckets", "Buckets")],
        "table bucket": [one["arn"] for one in every("s3tables", "list_table_buckets", "tableBuckets")],
        "role": [one["RoleName"] for one in every("iam", "list_roles", "Roles")],
        "log group": [one["logGroupName"] for one in every("logs", "describe_log_groups", "logGroups")],
        "function": [one["FunctionName"] for one in every("lambda", "list_functions", "Functions")],
        "stream": every("firehose", "list_delivery_streams", "DeliveryStreamNames", Limit=10_000),
        "pool": [one["Id"] for one in every("cognito-idp", "list_user_pools", "UserPools", MaxResults=60)],
        "API": [one["id"] for one in every("apigateway", "get_rest_apis", "items")],
        "workgroup": [one["Name"] for one in every("athena", "list_work_groups", "WorkGroups")],
        "query": every("athena", "list_named_queries", "NamedQueryIds"),
        "item table": every("dynamodb", "list_tables", "TableNames"),
        "queue": every("sqs", "list_queues", "QueueUrls"),
        "mapping": [one["UUID"] for one in every("lambda", "list_event_source_mappings", "EventSourceMappings")],
        "schedule": [one["Arn"] for one in every("scheduler", "list_schedules", "Schedules")],
        "schedule group": [one["Arn"] for one in every("scheduler", "list_schedule_groups", "ScheduleGroups")],
        "topic": [one["TopicArn"] for one in every("sns", "list_topics", "Topics")],
        "alarm": [one["AlarmName"] for one in every("cloudwatch", "describe_alarms", "MetricAlarms")],
        "composite": [
            one["AlarmName"]
            for one in every("cloudwatch", "describe_alarms", "CompositeAlarms", AlarmTypes=["CompositeAlarm"])
        ],
        "dashboard": [one["DashboardName"] for one in every("cloudwatch", "list_dashboards", "DashboardEntries")],
        "metric filter": [one["filterName"] for one in every("logs", "describe_metric_filters", "metricFilters")],
        "policy": [one["Arn"] for one in every("iam", "list_policies", "Policies", Scope="Local")],
        "catalog": [one["Name"] for one in every("glue", "get_catalogs", "CatalogList")],
    }
    return {(kind, name) for kind, names in lists.items() for name in names}


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_exports_are_those_of_the_contract(aws: EmbeddedAws, deployed: Any) -> None:
    exports = deployed.exports
    api, account = exports["rest_api_id"], aws.account
    bucket = "saas-metering-dev"
    generated = (
        *("access_log_format", "athena_workgroup", "error_bucket_name", "table_arn", "transform_function_name"),
        *("invoice_bucket_name", "subscriptions_table_name", "invoices_table_name", "reconciliation_table_name"),
        *("billing_planner_function_name", "billing_worker_function_name", "billing_settings"),
        *("billing_queue_name", "billing_dead_letter_queue_name", "billing_dead_letter_queue_url"),
        *("billing_schedule_group_name", "billing_schedule_name", "billing_rollup_schedule_name"),
        *("usage_table_name", "billing_rollup_function_name", "usage_events_table_arn", "tombstones_table_arn"),
        *("alarm_names", "alarm_topic_arn", "actions_table_name", "operator_policy_arn", "operator_role_arn"),
        *("reconciler_function_name", "reconciliation_schedule_group_name", "reconciliation_schedule_name"),
        *("reconciliation_settings", "usage_events_error_bucket_name", "usage_events_transform_function_name"),
        "usage_events_producer_role_arn",
    )
    pool = {key: exports[key] for key in ("rest_api_id", "user_pool_id", "user_pool_client_id")}
    assert exports == {
        **{key: exports[key] for key in generated},
        **pool,
        "rest_api_url": f"{aws.url}/_aws/execute-api/{api}/v1",
        "portal_url": f"{aws.url}/_aws/execute-api/{api}/v1/portal",
        "stage_name": "v1",
        "usage_events_stream_name": f"{bucket}-usage-events",
        "usage_events_stream_arn": f"arn:aws:firehose:us-east-1:{account}:deliverystream/{bucket}-usage-events",
        "usage_events_table_name": "usage_events",
        "tombstones_table_name": "usage_tombstones",
        "delivery_stream_name": f"amazon-apigateway-{bucket}",
        "delivery_stream_arn": f"arn:aws:firehose:us-east-1:{account}:deliverystream/amazon-apigateway-{bucket}",
        "table_bucket_arn": f"arn:aws:s3tables:us-east-1:{account}:bucket/{bucket}",
        "table_bucket_name": bucket,
        "namespace": "metering",
        "table_name": "api_requests",
        "catalog_id": f"{account}:{CATALOG}/{bucket}",
        "athena_catalog": f"{CATALOG}/{bucket}",
        "database_name": "metering",
        "dashboard_name": bucket,
        "dashboard_url": (
            f"https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/{bucket}"
        ),
        "usage_at_risk_alarm_name": f"{bucket}-usage-data-at-risk",
    }
    assert exports["table_arn"].startswith(f"{exports['table_bucket_arn']}/table/")
    assert exports["usage_events_table_arn"].startswith(f"{exports['table_bucket_arn']}/table/")
    assert exports["billing_dead_letter_queue_url"].endswith(f"/{account}/{exports['billing_dead_letter_queue_name']}")
    assert {key for key, value in exports.items() if not isinstance(value, str) or not value} == {"alarm_names"}


def test_the_exported_alarms_are_those_of_the_account(aws: EmbeddedAws, deployed: Any) -> None:
    names = deployed.exports["alarm_names"]
    cloudwatch = aws.session().client("cloudwatch")
    described = cloudwatch.describe_alarms(AlarmNames=list(names.values()))["MetricAlarms"]
    assert {one["AlarmName"] for one in described} == set(names.values())
    assert all(name.startswith(f"operations-{role}-") for role, name in names.items())
    at_risk = deployed.exports["usage_at_risk_alarm_name"]
    (composite,) = cloudwatch.describe_alarms(AlarmNames=[at_risk], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    behind = set(re.findall(r'ALARM\("([^"]+)"\)', composite["AlarmRule"]))
    assert behind < set(names.values())
    assert names["requests-missing"] in behind


def test_the_exported_address_answers_on_loopback(deployed: Any) -> None:
    url = deployed.exports["rest_api_url"]
    assert (status(f"{url}/random/strings"), status(f"{url}/elsewhere")) == (401, 403)
    assert [status(f"{url}/{path}") for path in ("usage", "invoices", "invoices/INV-1", "invoices/INV-1/lines/1")] == [
        *(401, 401, 401, 401)
    ]
    assert status(deployed.exports["portal_url"]) == 200


def test_a_second_up_and_a_preview_propose_nothing(deployed: Any) -> None:
    again = deployed.stack.up()
    assert (changes(again), again.exports) == ({}, deployed.exports)
    assert changes(deployed.stack.preview()) == {}


@pytest.mark.soak
def test_a_refresh_sees_no_change_where_there_is_none(stack: Stack) -> None:
    stack.up()
    # IAM counts who has a policy, and the role gets it after it was made.
    assert changes(stack.refresh()) in ({}, {"operations-operator-policy": "update"})
    assert changes(stack.refresh()) == {}


@pytest.mark.soak
def test_destroy_leaves_nothing_but_the_accounts_catalog(
    aws: EmbeddedAws, before: set[tuple[str, str]], stack: Stack
) -> None:
    first = stack.up()
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": datetime.now(UTC) + timedelta(days=1)}
    for body in (b"1", b"2"):
        aws.session().client("s3").put_object(Bucket=first.exports["invoice_bucket_name"], Key="k", Body=body, **lock)
    made = {kind for kind, _ in inventory(aws) - before}
    assert made == {kind for kind, _ in before} - {"catalog"}
    assert set(stack.destroy().changes) == set(first.changes)
    assert (inventory(aws), stack.resources) == (before, [])
    assert ("catalog", CATALOG) in before
    again = stack.up()
    assert again.counts == {Operation.CREATE: len(first.changes)}


@pytest.mark.soak
def test_a_changed_route_redeploys_the_stage_and_touches_nothing_else(stack: Stack, program: Path) -> None:
    url = stack.up().exports["rest_api_url"]
    assert status(f"{url}/more") == 403
    main = program / "__main__.py"
    assert ROUTE in main.read_text()
    more = ROUTE + ROUTE.replace("/random/strings", "/more")
    main.write_text(main.read_text().replace(ROUTE, more))
    assert changes(stack.up()) == {
        "api-resource/more": "create",
        "api-method-GET/more": "create",
        "api-integration-GET/more": "create",
        "api-permission-GET/more": "create",
        "api-deployment": "replace",
        "api-stage": "update",
    }
    assert (status(f"{url}/more"), status(f"{url}/random/strings")) == (401, 401)
    assert changes(stack.up()) == {}


def table_buckets(aws: EmbeddedAws) -> set[str]:
    return {one["name"] for one in aws.session().client("s3tables").list_table_buckets()["tableBuckets"]}


@pytest.mark.soak
def test_a_guarded_stack_goes_only_when_it_is_unprotected(aws: EmbeddedAws, guarded: Stack) -> None:
    with pytest.raises(ProtectedError, match="lake-bucket"):
        guarded.destroy()
    assert "saas-metering-guarded" in table_buckets(aws)


@pytest.mark.soak
def test_names_change_in_one_up_and_the_table_keeps_its_rows(aws: EmbeddedAws, guarded: Stack) -> None:
    renamed = guarded
    renamed._config |= DEV
    before = renamed.up().exports
    renamed._config |= {f"saas-metering:{key}": "other" for key in ("stageName", "namespace")}
    renamed._config |= {f"saas-metering:{key}": name for key, name in NEW_TABLES.items()}
    result = renamed.up()
    done = changes(result)
    assert {name: done[name] for name in done if "query" not in name} == {
        "lake-namespace": "replace",
        **{
            f"lake-table-{table}{part}": "update"
            for table in ("api-requests", "tombstones", "usage-events")
            for part in ("", "-visible", "-schema")
        },
        **{f"{name}-{part}": "update" for name in FUNCTIONS for part in ("function", "live")},
        **{f"{name}-policy": "update" for name in QUERYING},
        **{f"{name}-{part}": change for name in ("ingest", "events-ingest") for part, change in NEW_STREAM.items()},
        **{one.name: "replace" for one in renamed.resources if one.name.startswith("api-permission-")},
        "operations-api-5xx": "update",
        "operations-dashboard": "update",
        "api-stage": "replace",
        "api-method-settings": "replace",
    }
    for table_arn in ("table_arn", "usage_events_table_arn"):
        assert result.exports[table_arn] == before[table_arn]
    assert status(f"{result.exports['rest_api_url']}/random/strings") == 401
    assert changes(renamed.up()) == {}
    renamed.destroy()
    assert renamed.resources == []
    assert "saas-metering-guarded" not in table_buckets(aws)


@pytest.mark.soak
def test_what_went_behind_the_back_is_seen_and_made_again(aws: EmbeddedAws, stack: Stack) -> None:
    stack.refresh()
    by_name = {resource.name: resource for resource in stack.resources}
    policy = by_name["ingest-policy"].outputs
    aws.session().client("iam").delete_role_policy(RoleName=policy["role"], PolicyName=policy["name"])
    query = next(name for name in by_name if name.startswith("lake-query-"))
    aws.session().client("athena").delete_named_query(NamedQueryId=by_name[query].id)
    gone = {"ingest-policy": "delete", query: "delete"}
    assert changes(stack.refresh()) == gone
    assert changes(stack.up()) == dict.fromkeys(gone, "create")
    assert changes(stack.refresh()) == {}
