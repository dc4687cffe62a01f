import base64
import re
import time

import pytest

from embedded_aws.firehose.error_bucket import line, prefix
from embedded_aws.firehose.records import Failure, Record

WHEN = time.struct_time((2026, 1, 2, 3, 4, 5, 4, 2, 0))
FAILURE = Failure(Record("1", b"\xff raw", 1000), "Lambda.FunctionError", "why", attempts=4, ended_ms=2000)


@pytest.mark.parametrize(
    ("template", "evaluated"),
    [
        ("", "iceberg-failed/2026/01/02/03/"),
        ("plain/", "plain/"),
        ("failed/!{firehose:error-output-type}/", "failed/iceberg-failed/"),
        (
            "e/!{timestamp:yyyy}/!{timestamp:MM-dd}/!{firehose:error-output-type}/!{timestamp:HH}",
            "e/2026/01-02/iceberg-failed/03",
        ),
        ("!{timestamp:yy-M-d'day'D}!{firehose:error-output-type}", "26-1-2day2iceberg-failed"),
    ],
)
def test_the_prefix_is_evaluated_in_utc(template: str, evaluated: str) -> None:
    assert prefix(template, "iceberg-failed", WHEN) == evaluated


def test_a_random_string_is_eleven_characters_new_each_time() -> None:
    found = {prefix("!{firehose:random-string}", "iceberg-failed", WHEN) for _ in range(2)}
    assert len(found) == 2
    assert all(re.fullmatch(r"[0-9a-f]{11}", one) for one in found)


def test_the_line_of_a_failure_has_all_that_a_replay_needs() -> None:
    of_delivery = {
        "attemptsMade": 4,
        "arrivalTimestamp": 1000,
        "errorCode": "Lambda.FunctionError",
        "errorMessage": "why",
        "attemptEndingTimestamp": 2000,
        "rawData": base64.b64encode(b"\xff raw").decode(),
    }
    assert line(FAILURE, None) == of_delivery
    assert line(FAILURE, "arn:function") == {**of_delivery, "lambdaArn": "arn:function"}
