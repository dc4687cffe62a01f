"""What fails for good in the deployed program is on the dead-letter queue with its reason, and the next run bills."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from billing.store import AccountItem
from embedded_aws.server import EmbeddedAws
from rating.period import Period
from tests.embedded.billing_kit import CUSTOMER
from tests.embedded.gateway_kit import request
from tests.embedded.permissions_kit import role_of
from tools.billing.stack import BillingStack
from tools.outputs import StackOutputs

TENANT = "unlucky"
TIME, NEXT_DAY = "2031-03-08T06:00:00Z", "2031-03-09T06:00:00Z"


@pytest.fixture(scope="module")
def stack(outputs: StackOutputs) -> BillingStack:
    made = BillingStack(outputs)
    account = {"customer": CUSTOMER, "subscriptions": [{"plan": "team", "start": "2031-03-01", "end": None}]}
    made.store.put_account(AccountItem(TENANT, account, 0), TIME)
    return made


@pytest.fixture
def dead_letters(outputs: StackOutputs) -> Iterator[Any]:
    """Gives the messages of the dead-letter queue, which is empty before and after."""
    queues: Any = outputs.session().client("sqs")
    url = outputs.billing_dead_letter_queue_url

    def receive() -> list[Any]:
        found = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in found]

    assert receive() == []
    yield receive
    queues.purge_queue(QueueUrl=url)


def fire(aws: EmbeddedAws, outputs: StackOutputs, time: str) -> None:
    """Let the program's own schedule call the planner for a time, and all that follows come to its end."""
    body = {
        "Name": outputs.billing_schedule_name,
        "GroupName": outputs.billing_schedule_group_name,
        "ScheduledTime": time,
    }
    assert request(f"{aws.url}/_embedded/scheduler/fire", method="POST", data=json.dumps(body).encode()).status == 200
    aws.activity.settle(60)


@pytest.mark.soak
def test_a_query_that_fails_is_told_by_a_dead_letter_and_the_next_run_bills(
    aws: EmbeddedAws, outputs: StackOutputs, stack: BillingStack, dead_letters: Any
) -> None:
    with role_of(outputs, outputs.billing_planner_function_name).without("s3tables:GetTableData"):
        fire(aws, outputs, TIME)
    [letter] = dead_letters()
    assert letter["requestPayload"] == {"scheduled_time": TIME}
    assert (letter["requestContext"]["condition"], letter["requestContext"]["approximateInvokeCount"]) == (
        "RetriesExhausted",
        3,
    )
    failure = letter["responsePayload"]
    assert failure["errorType"] == "QueryError"
    assert "is not authorized to perform: s3tables:GetTableData on resource: " in failure["errorMessage"]
    assert stack.store.head(TENANT, Period(2031, 3)) is None
    fire(aws, outputs, NEXT_DAY)
    head = stack.store.head(TENANT, Period(2031, 3))
    assert head
    assert (head.state, head.as_of, head.total) == ("draft", NEXT_DAY, "70.80")
    assert dead_letters() == []
