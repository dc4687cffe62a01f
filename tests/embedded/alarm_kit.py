"""What the tests of CloudWatch build again and again: metrics and alarms of one test, on times of its own."""

import contextlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import client, unique
from tests.embedded.queue_kit import Queue, make_queue

MINUTE = timedelta(minutes=1)
THEN = datetime(2033, 5, 4, 10, 0, tzinfo=UTC)


def topic_policy(topic: str, *statements: dict[str, Any]) -> str:
    """A topic's policy: CloudWatch may publish, and whatever else is said."""
    service = {"Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish", "Resource": topic}
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **service}, *statements]})


@dataclass
class Told:
    """A topic and the queue that hears what it is told."""

    aws: EmbeddedAws
    topic: str
    queue: Queue

    def messages(self) -> list[dict[str, Any]]:
        """What was said until now, oldest first: SNS's envelopes, with their messages read."""
        envelopes = [json.loads(message["Body"]) for message in self.queue.take(wait=0)]
        return [{**one, "Message": json.loads(one["Message"])} for one in envelopes]


def make_topic(aws: EmbeddedAws) -> Told:
    topic = client(aws, "sns").create_topic(Name=unique("alarms"))["TopicArn"]
    queue = make_queue(aws)
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue.arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    client(aws, "sqs").set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": policy})
    client(aws, "sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    return Told(aws, topic, queue)


@dataclass
class Watched:
    """A namespace, and alarms on what is in it.

    Attributes:
        start: a whole minute, from which the minutes of values are counted.
    """

    aws: EmbeddedAws
    start: datetime
    namespace: str = field(default_factory=lambda: unique("Watched"))

    def put(self, values: Sequence[float | None], metric: str = "Failed", **dimensions: str) -> None:
        """Put a value into each minute from the start on; None leaves one out."""
        pairs = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        data = [
            {"MetricName": metric, "Dimensions": pairs, "Timestamp": self.start + MINUTE * minute, "Value": value}
            for minute, value in enumerate(values)
            if value is not None
        ]
        client(self.aws, "cloudwatch").put_metric_data(Namespace=self.namespace, MetricData=data)

    def alarm(self, **settings: Any) -> str:
        """Make an alarm: more than none failed in a minute, unless the settings say otherwise."""
        name = unique("alarm")
        single = {
            "Namespace": self.namespace,
            "MetricName": "Failed",
            "Statistic": "Sum",
            "Period": 60,
            **settings,
        }
        rule = {"EvaluationPeriods": 1, "Threshold": 0, "ComparisonOperator": "GreaterThanThreshold"}
        given = settings if "Metrics" in settings else single
        client(self.aws, "cloudwatch").put_metric_alarm(AlarmName=name, **(rule | given))
        return name

    def states(self, *minutes: float, of: str) -> list[str]:
        """The states of an alarm as it is evaluated at some minutes after the start."""
        return [self.aws.alarms.evaluate(self.start + MINUTE * minute)[of] for minute in minutes]

    def wait_for(self, name: str, state: str) -> None:
        """Wait until an alarm is evaluated into a state by itself."""
        deadline = time.monotonic() + 30
        while self.described(name)["StateValue"] != state:
            assert time.monotonic() < deadline, f"{name} is not {state} within 30 s"
            time.sleep(0.005)

    def described(self, name: str) -> dict[str, Any]:
        answer = client(self.aws, "cloudwatch").describe_alarms(
            AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        (found,) = [*answer["MetricAlarms"], *answer["CompositeAlarms"]]
        return dict(found)


@contextlib.contextmanager
def watching(aws: EmbeddedAws) -> Iterator[Watched]:
    """Metrics and alarms at a time that no other test lives at; the alarms are gone afterwards."""
    before = aws.clock.now() - datetime.now(UTC)
    made = Watched(aws, THEN)
    first = made.alarm(TreatMissingData="notBreaching")
    aws.clock.set(THEN)
    made.wait_for(first, "OK")  # the evaluation that the jump brings is over: no other comes for a minute
    yield made
    cloudwatch = client(aws, "cloudwatch")
    names = [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms(AlarmNamePrefix="alarm-")["MetricAlarms"]]
    for composite in cloudwatch.describe_alarms(AlarmNamePrefix="all-", AlarmTypes=["CompositeAlarm"])[
        "CompositeAlarms"
    ]:
        cloudwatch.delete_alarms(AlarmNames=[composite["AlarmName"]])
    cloudwatch.delete_alarms(AlarmNames=names)
    aws.clock.set(datetime.now(UTC) + before)
