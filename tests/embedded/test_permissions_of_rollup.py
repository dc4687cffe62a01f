"""Each permission of the rollup taken away, and the planner's to call it: what fails says so, and is made up for."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from billing.rollup_store import UsageItems
from billing.store import AccountItem, shard_of
from embedded_aws import iceberg
from embedded_aws.server import EmbeddedAws
from rating.period import Period
from tests.embedded.billing_kit import CUSTOMER
from tests.embedded.permissions_kit import invoke, role_of
from tests.embedded.test_billing_failures import fire
from tools.billing.stack import BillingStack
from tools.outputs import StackOutputs

pytestmark = pytest.mark.soak

PERIOD = Period(2033, 5)
EVENT = {"as_of": "2033-05-20T12:05:00Z", "period": str(PERIOD)}
ORDER = (
    # In the order in which a rollup comes to need them, so that each failure leaves a little more behind.
    ("dynamodb:Query", "table/billing-invoices"),
    ("athena:StartQueryExecution", ""),
    ("athena:GetQueryExecution", ""),
    ("s3tables:GetTableData", ""),
    ("s3:GetObject", "lake-results"),
    ("dynamodb:Query", "table/billing-subscriptions"),
    ("dynamodb:BatchGetItem", ""),
    ("dynamodb:PutItem", "table/billing-usage"),
    ("dynamodb:PutItem", "table/billing-invoices"),
    ("events:PutEvents", ""),
    ("dynamodb:BatchWriteItem", ""),
)
OF_THE_LAKE = ("athena:", "glue:", "lakeformation:", "s3:", "s3tables:")


@pytest.fixture
def tenant(outputs: StackOutputs) -> str:
    """A tenant who has used more tokens than its plan's soft limit."""
    name = f"rolled-{uuid.uuid4().hex[:8]}"
    account = {"customer": CUSTOMER, "subscriptions": [{"plan": "team", "start": "2033-05-01", "end": None}]}
    BillingStack(outputs).store.put_account(AccountItem(name, account, 0), "2033-05-01T00:00:00Z")
    time = datetime(2033, 5, 7, 12, tzinfo=UTC)
    row = {"tenant_id": name, "source": "/s", "id": "1", "type": "com.example.tokens", "time": time}
    data = json.dumps({"model": "large", "value": 6_000_000})
    place = (outputs.table_bucket_arn, outputs.namespace, outputs.usage_events_table_name)
    table = iceberg.load(iceberg.TableName(*place))
    rows = [{**row, "ingested_at": time, "data": data}]
    table.append(pa.Table.from_pylist(rows, schema=table.schema().as_arrow()))
    return name


def test_without_a_permission_the_rollup_fails_in_sight_and_the_next_one_does_its_work(
    outputs: StackOutputs, tenant: str
) -> None:
    function, store = outputs.billing_rollup_function_name, BillingStack(outputs).store
    items = UsageItems(outputs.session().client("dynamodb"), outputs.usage_table_name)
    role = role_of(outputs, function)
    for action, about in ORDER:
        with role.without(action, about):
            failure = invoke(outputs, function, EVENT)
        assert action in failure.get("errorMessage", ""), (action, failure)
    assert len(list(store.outbox(shard_of(tenant)))) == 2
    assert invoke(outputs, function, EVENT)["periods"][0]["unrated"] == 0
    item = items.get(tenant, PERIOD)
    assert item
    [used] = [meter for meter in json.loads(item.text())["meters"] if meter["meter"] == "tokens"]
    assert (item.as_of, item.over, used["quantity"]) == (EVENT["as_of"], [], "6000000")
    assert {mark["sk"] for mark in store.invoices.query(f"LIMITS#{tenant}")} == {
        *("2033-05#tokens#080", "2033-05#tokens#100")
    }
    assert list(store.outbox(shard_of(tenant))) == []


def test_what_sums_up_has_no_permission_without_a_case(outputs: StackOutputs) -> None:
    actions = role_of(outputs, outputs.billing_rollup_function_name).actions()
    of_the_lake = {action for action in actions if action.startswith(OF_THE_LAKE)}
    assert actions - of_the_lake - {action for action, _ in ORDER} == {
        # What it fails at is told with it; and its log is its own.
        *("sqs:SendMessage", "logs:CreateLogStream", "logs:PutLogEvents")
    }


def test_a_planner_that_may_not_call_the_rollup_says_so_in_a_dead_letter(
    aws: EmbeddedAws, outputs: StackOutputs
) -> None:
    queues: Any = outputs.session().client("sqs")
    time = "2031-03-04T06:00:00Z"  # before what other tests bill
    with role_of(outputs, outputs.billing_planner_function_name).without("lambda:InvokeFunction"):
        fire(aws, outputs, time)
    found = queues.receive_message(QueueUrl=outputs.billing_dead_letter_queue_url, MaxNumberOfMessages=10)
    queues.purge_queue(QueueUrl=outputs.billing_dead_letter_queue_url)
    [letter] = [json.loads(message["Body"]) for message in found["Messages"]]
    assert letter["requestPayload"] == {"scheduled_time": time}
    assert "is not authorized to perform: lambda:InvokeFunction" in letter["responsePayload"]["errorMessage"]
