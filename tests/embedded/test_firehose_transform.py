import base64
import json
from typing import Any

import pytest

from embedded_aws.server import EmbeddedAws
from tests.embedded.firehose_kit import COPY, Stream, client, eventually, row

FAILED = "The Lambda function was successfully invoked but it returned an error result."
MALFORMED = (
    "Check your function and make sure the output is in required format. In addition to that, make sure the processed "
    "records contain valid result status of Dropped, Ok, or ProcessingFailed"
)
MISSING = "One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids."
DUPLICATED = (
    "Multiple records were returned with the same record Id. "
    "Ensure that the Lambda function returns a unique record Id for each record."
)

SELECTIVE = """
import base64, json
def handler(event, context):
    out = []
    for record in event["records"]:
        row = json.loads(base64.b64decode(record["data"]))
        answer = {"recordId": record["recordId"], "result": row.pop("result", "Ok"), "data": record["data"]}
        out += [answer] * row.get("times", 1)
    return {"records": out + [{"recordId": "stranger", "result": "Ok", "data": "e30="}]}
"""

NONSENSE = {
    "text": 'return "done"',
    "null": "return None",
    "no records": 'return {"result": "Ok"}',
    "records of another type": 'return {"records": {}}',
    "a record that is no object": 'return {"records": [1]}',
    "a recordId that is no text": 'return {"records": [{"recordId": 1, "result": "Ok", "data": "e30="}]}',
    "an unknown result": 'return {"records": [{"recordId": event["records"][0]["recordId"], "result": "ok"}]}',
    "no data": 'return {"records": [{"recordId": event["records"][0]["recordId"], "result": "Ok"}]}',
    "data not in base64": (
        'return {"records": [{"recordId": event["records"][0]["recordId"], "result": "Ok", "data": "{}"}]}'
    ),
}


def test_each_record_is_dealt_with_as_the_transform_says(aws: EmbeddedAws) -> None:
    stream = Stream(aws, SELECTIVE)
    stream.put(
        row(1), row(2, result="ProcessingFailed"), row(3, result="Dropped"), row(4, times=2), row(5, times=0), row(6)
    )
    stream.flush()
    assert stream.ids() == ["r00001", "r00006"]
    failed = {record["id"]: error for record, error in zip(stream.raw(), stream.errors(), strict=True)}
    assert {
        key: (error["errorCode"], error["errorMessage"], error["attemptsMade"]) for key, error in failed.items()
    } == {
        "r00002": ("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record", 1),
        "r00004": ("Lambda.DuplicatedRecordId", DUPLICATED, 1),
        "r00005": ("Lambda.MissingRecordId", MISSING, 1),
    }
    counts = aws.firehose.report().streams[stream.name]
    assert (counts.received, counts.rows, counts.dropped, counts.error_records, counts.undelivered) == (6, 2, 1, 3, 0)


def test_a_failed_record_is_kept_in_awss_shape_with_the_reason(aws: EmbeddedAws) -> None:
    stream = Stream(aws, "def handler(event, context):\n    raise RuntimeError('boom')\n")
    stream.put(row(1))
    stream.flush()
    (error,) = stream.errors()
    arrived, ended = error.pop("arrivalTimestamp"), error.pop("attemptEndingTimestamp")
    assert error == {
        "attemptsMade": 4,
        "errorCode": "Lambda.FunctionError",
        "errorMessage": FAILED,
        "rawData": base64.b64encode(json.dumps(row(1)).encode()).decode(),
        "lambdaArn": stream.function_arn,
    }
    assert 1_700_000_000_000 < arrived <= ended
    (key,) = stream.objects()
    assert key.startswith(f"failed/processing-failed/{stream.name}-1-")
    assert stream.log() == [
        {
            "deliveryStreamARN": stream.arn,
            "destination": stream.catalog_arn,
            "deliveryStreamVersionId": 1,
            "message": FAILED,
            "errorCode": "Lambda.FunctionError",
            "processor": stream.function_arn,
        }
    ]


def test_a_transform_that_times_out_is_tried_again_then_its_batch_fails(aws: EmbeddedAws) -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(30)\n"
    stream = Stream(aws, source, function_settings={"Timeout": 1}, parameters={"NumberOfRetries": "1"})
    stream.put(row(1), row(2))
    stream.flush()
    assert [(error["errorCode"], error["attemptsMade"]) for error in stream.errors()] == [
        ("Lambda.FunctionTimedOut", 2)
    ] * 2
    assert sorted(record["id"] for record in stream.raw()) == ["r00001", "r00002"]


@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_fails_the_batch_and_loses_nothing(aws: EmbeddedAws, body: str) -> None:
    stream = Stream(aws, f"def handler(event, context):\n    {body}\n", parameters={"NumberOfRetries": "1"})
    stream.put(row(1), row(2))
    stream.flush()
    assert [(error["errorCode"], error["errorMessage"], error["attemptsMade"]) for error in stream.errors()] == [
        ("Lambda.FunctionError", MALFORMED, 2)
    ] * 2
    assert stream.raw() == [row(1), row(2)]


def test_a_response_over_6_mb_fails_the_batch(aws: EmbeddedAws) -> None:
    source = "def handler(event, context):\n    return {'records': [], 'padding': 'x' * 6_300_000}\n"
    stream = Stream(aws, source, parameters={"NumberOfRetries": "0"})
    stream.put(row(1))
    stream.flush()
    assert (stream.codes(), stream.raw()) == (["Lambda.FunctionError"], [row(1)])


def test_a_throttled_transform_is_called_again_until_it_has_room(aws: EmbeddedAws) -> None:
    # ministack keeps a function's concurrency from its versions, so the stream names none here.
    stream = Stream(aws, COPY, parameters={"NumberOfRetries": "20"}, qualifier="")
    functions, name = client(aws, "lambda"), stream.function_arn.split(":")[6]
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    stream.put(row(1))
    eventually(lambda: _throttles(stream) >= 2)
    functions.delete_function_concurrency(FunctionName=name)
    eventually(lambda: stream.ids() == ["r00001"])
    assert stream.errors() == []


def _throttles(stream: Stream) -> int:
    return int(stream.metric("ExecuteProcessingFailure.Records"))


def test_the_event_is_awss_and_the_same_over_all_retries_but_for_the_invocation(aws: EmbeddedAws) -> None:
    source = """
    import json
    def handler(event, context):
        print("EVENT " + json.dumps(event))
        raise RuntimeError
    """
    stream = Stream(aws, source, parameters={"NumberOfRetries": "1"})
    stream.put(row(1), row(2))
    stream.flush()
    first, second = _events(stream)
    assert first.pop("invocationId") != second.pop("invocationId")
    assert first == second
    ids = {record.pop("recordId") for record in first["records"]}
    arrived = {record.pop("approximateArrivalTimestamp") for record in first["records"]}
    assert (len(ids), arrived) == (2, {error["arrivalTimestamp"] for error in stream.errors()})
    data = [{"data": base64.b64encode(json.dumps(row(number)).encode()).decode()} for number in (1, 2)]
    assert first == {"deliveryStreamArn": stream.arn, "region": aws.region, "records": data}


def _events(stream: Stream) -> list[Any]:
    logs, group = client(stream.aws, "logs"), f"/aws/lambda/{stream.function_arn.split(':')[6]}"
    messages = [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]
    return [json.loads(text.split("EVENT ")[1]) for text in messages if "EVENT " in text]


def test_a_large_batch_reaches_the_transform_in_one_call(aws: EmbeddedAws) -> None:
    stream = Stream(aws, COPY, parameters={"BufferIntervalInSeconds": "900"})
    stream.put(*(row(number) for number in range(2000)))
    stream.flush()
    assert stream.ids() == [f"r{number:05d}" for number in range(2000)]
    assert stream.metric("ExecuteProcessing.Success") == 1
    assert stream.metric("DeliveryToIceberg.Success") == 1
