import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import client, unique
from tests.embedded.queue_kit import Queue, client_of_user, code_of, make_queue

SOURCE = "saas-metering.billing"


def _listen(aws: EmbeddedAws, source: str) -> Queue:
    """A queue that gets every event of a source on the default bus."""
    events, queue, name = client(aws, "events"), make_queue(aws), unique("rule")
    rule = events.put_rule(Name=name, EventPattern=json.dumps({"source": [source]}))["RuleArn"]
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue.arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    client(aws, "sqs").set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": policy})
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue.arn}])
    return queue


def _entry(source: str, **detail: Any) -> dict[str, str]:
    return {"Source": source, "DetailType": "invoice.finalized", "Detail": json.dumps(detail)}


def test_an_event_reaches_the_queue_behind_its_rule_and_no_other_does(aws: EmbeddedAws) -> None:
    source = unique(SOURCE)
    queue = _listen(aws, source)
    answer = client(aws, "events").put_events(Entries=[_entry(source, n=1), _entry("other", n=2), _entry(source, n=3)])
    assert answer["FailedEntryCount"] == 0
    found = sorted(queue.bodies() + queue.bodies(0), key=lambda event: event["detail"]["n"])
    ids = [answer["Entries"][index]["EventId"] for index in (0, 2)]
    assert [(event["id"], event["detail"], event["detail-type"], event["source"]) for event in found] == [
        (ids[0], {"n": 1}, "invoice.finalized", source),
        (ids[1], {"n": 3}, "invoice.finalized", source),
    ]


def test_a_queue_whose_policy_does_not_let_the_rule_send_gets_nothing(aws: EmbeddedAws) -> None:
    source = unique(SOURCE)
    queue = _listen(aws, source)
    client(aws, "sqs").set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": ""})
    client(aws, "events").put_events(Entries=[_entry(source, n=1)])
    assert queue.bodies(0) == []


def test_events_are_put_only_with_permission_for_the_bus_and_the_source(aws: EmbeddedAws) -> None:
    bus = f"arn:aws:events:{aws.region}:{aws.account}:event-bus/default"
    iam, name = client(aws, "iam"), unique("user")
    allowed = {
        "Effect": "Allow",
        "Action": "events:PutEvents",
        "Resource": bus,
        "Condition": {"StringEquals": {"events:source": SOURCE}},
    }
    iam.create_user(UserName=name)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName=name, PolicyName="allowed", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    events = aws.session(access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"]).client("events")
    assert events.put_events(Entries=[_entry(SOURCE)])["FailedEntryCount"] == 0
    for entries in ([_entry("other")], [_entry(SOURCE), _entry("other")]):
        with pytest.raises(ClientError) as error:
            events.put_events(Entries=entries)
        assert code_of(error)[0] == "AccessDeniedException"
    with pytest.raises(ClientError) as error:
        client_of_user(aws, "events", sqs__SendMessage="*").put_events(Entries=[_entry(SOURCE)])
    assert code_of(error)[0] == "AccessDeniedException"


def test_an_entry_that_is_none_fails_alone(aws: EmbeddedAws) -> None:
    broken = {**_entry(SOURCE), "Detail": "no JSON"}
    answer = client(aws, "events").put_events(Entries=[broken, _entry(SOURCE)])
    assert (answer["FailedEntryCount"], answer["Entries"][0]["ErrorCode"]) == (1, "MalformedDetail")
    assert "EventId" in answer["Entries"][1]
