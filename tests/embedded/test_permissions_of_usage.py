"""Each permission of those who take events and show usage taken away: what fails says so, and no event is lost."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from ministack.core import lambda_runtime

from billing.records import InvoiceRecord, PeriodRecord
from billing.rollup_store import UsageItem, UsageItems
from components.catalog import read_catalog
from embedded_aws.server import EmbeddedAws
from invoicing.keys import final_stem
from metering.records import TABLES
from rating.account import Subscription
from rating.catalog import parse_catalog
from rating.period import Period
from rating.terms import segments_of
from tests.embedded.permissions_kit import Function, Role, function_behind, role_of
from tools.billing.stack import BillingStack
from tools.lake import Lake
from tools.outputs import StackOutputs

pytestmark = pytest.mark.soak

PERIOD, NUMBER = Period(2033, 5), "INV-2033-000007"
AT = datetime(2033, 6, 10, 12, tzinfo=UTC)
FINAL = Period(2025, 5)
UNAVAILABLE, LOG = 503, {"logs:CreateLogStream", "logs:PutLogEvents"}


@pytest.fixture(scope="module")
def tenant() -> str:
    return f"shown-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def stack(outputs: StackOutputs, tenant: str) -> BillingStack:
    """A stack in which a tenant has an invoice of one line, in which nothing was counted."""
    made = BillingStack(outputs)
    value = json.loads(read_catalog("catalog.yaml"))
    catalog = parse_catalog(value, TABLES)
    segments = segments_of(catalog, [Subscription("team", PERIOD.start.date(), None)], PERIOD)
    line = {"key": "api_calls", "meter": "api_calls", "description": "API calls", "unit": "call", "quantity": "0"}
    document = {
        "tenant_id": tenant,
        "number": NUMBER,
        "catalog": catalog.digest,
        "cutoff": "2033-06-09T06:00:00Z",
        "terms": [segment.to_json() for segment in segments],
        "lines": [{**line, "kind": "usage", "segment": segments[0].index}],
    }
    stem = final_stem(PERIOD, tenant, NUMBER)
    s3: Any = outputs.session().client("s3")
    for key, content in ((f"{stem}.json", document), (f"catalog/{catalog.digest}.json", value)):
        s3.put_object(Bucket=outputs.invoice_bucket_name, Key=key, Body=json.dumps(content).encode())
    told = ("finalized", "2033-06-09T06:00:00Z", "EUR", "0.00", stem, "2033-06-10")
    made.store.invoices.put(InvoiceRecord(tenant, NUMBER, PERIOD, 1, *told).to_item())
    return made


ROUTES = {
    "usage": "/usage",
    "list": "/invoices",
    "document": "/invoices/{number}",
    "line": "/invoices/{number}/lines/{line}",
    "rows": "/invoices/{number}/lines/{line}/rows",
}
PLACE = {"list": {}, "usage": {}, "document": {"number": NUMBER}}
SHOWING = [
    ("usage", "dynamodb:GetItem", ""),
    ("list", "dynamodb:Query", ""),
    ("document", "dynamodb:GetItem", ""),
    ("document", "s3:GetObject", ""),
    ("line", "dynamodb:GetItem", ""),
    ("line", "s3:GetObject", "/final/"),
    ("line", "athena:StartQueryExecution", ""),
    ("line", "athena:GetQueryExecution", ""),
    ("line", "glue:GetTable", ""),
    ("line", "s3tables:GetTableData", ""),
    ("line", "s3:PutObject", "lake-results"),
    ("line", "s3:GetObject", "lake-results"),
    ("rows", "s3:GetObject", "lake-results"),
]


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize(("shown", "action", "about"), SHOWING, ids=lambda part: part)
def test_a_customer_is_told_when_what_was_asked_for_may_not_be_read(
    outputs: StackOutputs, tenant: str, shown: str, action: str, about: str
) -> None:
    path, place = ROUTES[shown], PLACE.get(shown, {"number": NUMBER, "line": "1"})
    function = Function(outputs, function_behind(outputs, path), tenant)
    # The query of another day is another one, whose answer is not there yet.
    at = AT + timedelta(days=SHOWING.index((shown, action, about)))
    lambda_runtime.reset()
    with role_of(outputs, function.name).without(action, about):
        status, body = function.ask(path, at, **place)
    assert (status, set(body) & {"usage", "lines", "url", "by_day"}) == (UNAVAILABLE, set())
    assert tenant not in json.dumps(body)
    assert function.ask(path, at + timedelta(days=30), **place)[0] == 200


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("shown", ["list", "document", "line"])
def test_tenants_partitions_are_all_that_a_customer_is_shown_of_bills(
    outputs: StackOutputs, tenant: str, shown: str
) -> None:
    path, place = ROUTES[shown], PLACE.get(shown, {"number": NUMBER, "line": "1"})
    function = Function(outputs, function_behind(outputs, path), tenant)
    with role_of(outputs, function.name).seeing("OUTBOX#*", instead_of="TENANT#*"):
        assert function.ask(path, AT, **place)[0] == UNAVAILABLE


@pytest.mark.usefixtures("stack")
def test_what_shows_usage_and_invoices_has_no_permission_without_a_case(outputs: StackOutputs) -> None:
    def actions(path: str) -> set[str]:
        return role_of(outputs, function_behind(outputs, path)).actions() - LOG

    assert actions("/portal") == set()
    assert actions("/usage") == {action for shown, action, _ in SHOWING if shown == "usage"}
    # Whoever may list a bucket is told that an object is missing, and not that it is forbidden; 503 both.
    of_invoices = {action for shown, action, _ in SHOWING if shown in {"list", "document"}}
    assert actions("/invoices") == {*of_invoices, "s3:ListBucket"}


def event(tenant: str, time: datetime) -> dict[str, str]:
    moment = time.isoformat().replace("+00:00", "Z")
    return {"specversion": "1.0", "id": tenant, "source": "/s", "type": "com.example.usage", "time": moment}


@pytest.fixture
def intake(outputs: StackOutputs) -> Iterator[Function]:
    """What takes events, of a new tenant; one month is final meanwhile."""
    lambda_runtime.reset()
    invoices = BillingStack(outputs).store.invoices
    final = PeriodRecord(FINAL, "closed", "2025-06-04T06:00:00Z")
    invoices.put(final.to_item())
    yield Function(outputs, function_behind(outputs, "/events", "POST"), f"sender-{uuid.uuid4().hex[:8]}")
    invoices.delete_many([final.key])


def limit(outputs: StackOutputs, tenant: str, at: datetime, meter: str) -> None:
    """Note that a tenant has reached a limit."""
    items = UsageItems(outputs.session().client("dynamodb"), outputs.usage_table_name)
    over = [{"meter": meter, "limit": "1", "used": "1"}]
    items.put(UsageItem(tenant, Period(at.year, at.month), "2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z", over, b""))


def stored(aws: EmbeddedAws, outputs: StackOutputs, tenant: str) -> list[dict[str, str | None]]:
    aws.firehose.flush()
    table = f'"{outputs.athena_catalog}"."{outputs.namespace}"."{outputs.usage_events_table_name}"'
    return Lake(outputs).query(f"SELECT id FROM {table} WHERE tenant_id = '{tenant}'")  # noqa: S608 - our own names


def test_events_that_may_not_be_put_are_told_to_be_sent_again(
    aws: EmbeddedAws, outputs: StackOutputs, intake: Function
) -> None:
    sent = event(intake.tenant, datetime.now(UTC))
    with role_of(outputs, intake.name).without("firehose:PutRecordBatch"):
        status, body = intake.ask("/events", body=sent)
    assert (status, body["accepted"], body["results"][0]["retry"]) == (UNAVAILABLE, 0, True)
    assert intake.ask("/events", body=sent)[0] == 202
    assert stored(aws, outputs, intake.tenant) == [{"id": intake.tenant}]


def test_without_knowing_which_months_are_final_every_event_is_taken(
    aws: EmbeddedAws, outputs: StackOutputs, intake: Function
) -> None:
    late = event(intake.tenant, datetime(2025, 5, 20, tzinfo=UTC))
    assert intake.ask("/events", body=late)[0] == 400
    lambda_runtime.reset()  # for a minute it remembers what it knew
    with role_of(outputs, intake.name).without("dynamodb:Query"):
        assert intake.ask("/events", body=late)[0] == 202
    assert stored(aws, outputs, intake.tenant) == [{"id": intake.tenant}]


def test_the_months_that_are_final_are_all_that_the_intake_sees_of_bills(
    outputs: StackOutputs, intake: Function
) -> None:
    with role_of(outputs, intake.name).seeing("HOLDS", instead_of="PERIODS"):
        assert intake.ask("/events", body=event(intake.tenant, datetime(2025, 5, 20, tzinfo=UTC)))[0] == 202


@pytest.mark.parametrize("path", ["/events", "/random/strings"])
def test_a_limit_that_may_not_be_read_limits_nobody(outputs: StackOutputs, path: str) -> None:
    now, method = datetime.now(UTC), "POST" if path == "/events" else "GET"
    function = Function(outputs, function_behind(outputs, path, method), f"over-{uuid.uuid4().hex[:8]}")
    asked: dict[str, Any] = {"body": event(function.tenant, now)} if method == "POST" else {}
    limit(outputs, function.tenant, now, "usage_events" if method == "POST" else "api_calls")
    lambda_runtime.reset()
    assert function.ask(path, now, **asked)[0] == 429
    lambda_runtime.reset()  # for half a minute it remembers what it knew
    with role_of(outputs, function.name).without("dynamodb:GetItem"):
        assert function.ask(path, now, **asked)[0] in {200, 202}


def test_what_takes_events_has_no_permission_without_a_case(outputs: StackOutputs) -> None:
    role = role_of(outputs, function_behind(outputs, "/events", "POST"))
    assert role.actions() - LOG == {"firehose:PutRecordBatch", "dynamodb:Query", "dynamodb:GetItem"}
    assert role_of(outputs, function_behind(outputs, "/random/strings")).actions() - LOG == {"dynamodb:GetItem"}
    assert role_of(outputs, outputs.usage_events_transform_function_name).actions() == LOG


def test_a_backend_may_put_events_and_nothing_else(aws: EmbeddedAws, outputs: StackOutputs) -> None:
    sts, name = outputs.session().client("sts"), outputs.usage_events_producer_role_arn.rsplit("/", 1)[-1]
    keys = sts.assume_role(RoleArn=outputs.usage_events_producer_role_arn, RoleSessionName="job")["Credentials"]
    backend = aws.session(
        access_key=keys["AccessKeyId"], secret_key=keys["SecretAccessKey"], token=keys["SessionToken"]
    )
    firehose: Any = backend.client("firehose")
    tenant, stream = f"job-{uuid.uuid4().hex[:8]}", outputs.usage_events_stream_name
    record = {"Data": json.dumps({**event(tenant, datetime.now(UTC)), "tenantid": tenant}).encode()}
    puts = {
        "firehose:PutRecord": lambda stream: firehose.put_record(DeliveryStreamName=stream, Record=record),
        "firehose:PutRecordBatch": lambda stream: firehose.put_record_batch(
            DeliveryStreamName=stream, Records=[record]
        ),
    }
    role = Role(outputs.session().client("iam"), name)
    assert role.actions() == set(puts)
    for action, put in puts.items():
        with role.without(action), pytest.raises(ClientError, match=action):
            put(stream)
        with pytest.raises(ClientError, match=action):
            put(outputs.delivery_stream_name)
        put(stream)
    for refused in (
        lambda: firehose.describe_delivery_stream(DeliveryStreamName=stream),
        lambda: backend.client("s3").list_objects_v2(Bucket=outputs.usage_events_error_bucket_name),
        lambda: backend.client("dynamodb").scan(TableName=outputs.usage_table_name),
    ):
        with pytest.raises(ClientError, match=r"not authorized|AccessDenied"):
            refused()
    assert stored(aws, outputs, tenant) == [{"id": tenant}, {"id": tenant}]
