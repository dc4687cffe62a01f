import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from embedded_aws.clock import Clock
from embedded_aws.server import EmbeddedAws
from tests.embedded.firehose_kit import Stream
from tests.embedded.gateway_api import Api
from tests.embedded.gateway_kit import client, request

THEN = datetime(2031, 3, 1, 4, 6, tzinfo=UTC)
SOON = timedelta(minutes=2)
FIVE_MINUTES = THEN.replace(minute=5)
"""CloudWatch keeps what is older than 15 days per five minutes."""


@pytest.fixture
def clock(aws: EmbeddedAws) -> Iterator[Clock]:
    yield aws.clock
    aws.clock.set(datetime.now(UTC))


def test_it_is_set_over_http_and_runs_on(aws: EmbeddedAws, clock: Clock) -> None:
    url = f"{aws.url}/_embedded/clock"
    told = request(url, method="POST", data=b'{"now": "2031-03-01T05:06:00+01:00"}')
    assert told.status == 200
    # To the millisecond: two answers in a row may be of the same one.
    shown = [datetime.fromisoformat(request(url).body["now"]) for _ in range(20)]
    assert shown == sorted(shown)
    assert THEN <= shown[0] < shown[-1] < THEN + SOON
    clock.advance(timedelta(days=31))
    assert THEN + timedelta(days=31) <= clock.now() < THEN + timedelta(days=31) + SOON


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"now": "2031-03-01T06:00:00"}', "must be a time with a time zone"),
        ('{"now": "March"}', "must be a time such as"),
        ('{"then": 1}', "now: must be text, not None"),
        ("[]", "the body must be a JSON object"),
        ("{", "the body is no JSON"),
    ],
)
def test_what_is_no_time_is_refused(aws: EmbeddedAws, body: str, message: str) -> None:
    answer = request(f"{aws.url}/_embedded/clock", method="POST", data=body.encode())
    assert answer.status == 400
    assert answer.body["message"].startswith(message)
    assert abs(aws.clock.now() - datetime.now(UTC)) < SOON


def test_a_request_bears_its_time_in_the_functions_event_and_in_the_access_log(aws: EmbeddedAws, clock: Clock) -> None:
    api = Api(aws)
    api.add("open", authorize=False)
    api.permit("GET/open")
    api.move_to(api.deploy())
    names = ("requestTimeEpoch", "requestTime", "responseLatency")
    group = f"arn:aws:logs:{aws.region}:{aws.account}:log-group:{api.log_group}"
    api.log_to(group, json.dumps({name: f"$context.{name}" for name in ("requestId", *names)}))
    clock.set(THEN)
    context = api.get("/open").body
    epoch, text = context["requestTimeEpoch"], context["requestTime"]
    assert THEN.timestamp() * 1000 <= epoch < (THEN + SOON).timestamp() * 1000
    assert text.startswith("01/Mar/2031:04:0")
    (line,) = api.log_lines()
    assert (line["requestTimeEpoch"], line["requestTime"]) == (str(epoch), text)
    assert int(line["responseLatency"]) < SOON.seconds * 1000  # a duration: real time


def test_a_record_bears_its_time_of_arrival_and_a_metric_its_own(aws: EmbeddedAws, clock: Clock) -> None:
    stream = Stream(aws)
    clock.set(THEN)
    stream.put("no row")
    clock.advance(timedelta(days=30))
    stream.flush()
    (error,) = stream.errors()
    assert THEN.timestamp() * 1000 <= error["arrivalTimestamp"] < (THEN + SOON).timestamp() * 1000
    points = client(aws, "cloudwatch").get_metric_statistics(
        Namespace="AWS/Firehose",
        MetricName="IncomingRecords",
        Dimensions=[{"Name": "DeliveryStreamName", "Value": stream.name}],
        StartTime=FIVE_MINUTES,
        EndTime=FIVE_MINUTES + timedelta(minutes=5),
        Period=300,
        Statistics=["Sum"],
    )["Datapoints"]
    assert [(point["Timestamp"], point["Sum"]) for point in points] == [(FIVE_MINUTES, 1.0)]
