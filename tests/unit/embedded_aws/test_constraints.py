import base64
from typing import Any

import pytest

from embedded_aws.constraints import ConstraintError, MalformedRequestError, check

NAME = "Value '' at 'deliveryStreamName' failed to satisfy constraint:"
DATA = base64.b64encode(b"{}").decode()


def test_a_good_request_passes() -> None:
    check("firehose", "PutRecord", {"DeliveryStreamName": "stream", "Record": {"Data": DATA}})
    check("firehose", "TagDeliveryStream", {"DeliveryStreamName": "s", "Tags": [{"Key": "Größe/1 a", "Value": "@"}]})


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            {"Record": {"Data": DATA}},
            "Value null at 'deliveryStreamName' failed to satisfy constraint: Member must not be null",
        ),
        (
            {"DeliveryStreamName": "", "Record": {"Data": DATA}},
            (
                f"{NAME} Member must have length greater than or equal to 1; "
                f"{NAME} Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
            ),
        ),
        (
            {"DeliveryStreamName": "s", "Record": {}},
            "Value null at 'record.data' failed to satisfy constraint: Member must not be null",
        ),
    ],
)
def test_what_breaks_a_constraint_is_named_as_aws_does(request_: dict[str, Any], message: str) -> None:
    with pytest.raises(ConstraintError) as caught:
        check("firehose", "PutRecord", request_)
    count = message.count("failed to satisfy")
    assert str(caught.value) == f"{count} validation error{'s' * (count > 1)} detected: {message}"


def test_an_unknown_enum_value_is_named_with_those_that_are_known() -> None:
    with pytest.raises(ConstraintError, match=r"Value 'X' at 'deliveryStreamType' .* enum value set: \[DirectPut, "):
        check("firehose", "CreateDeliveryStream", {"DeliveryStreamName": "s", "DeliveryStreamType": "X"})


@pytest.mark.parametrize("data", ["{}", "e30", 1, None])
def test_what_is_no_base64_or_of_another_type_is_refused(data: Any) -> None:
    with pytest.raises((MalformedRequestError, ConstraintError)):
        check("firehose", "PutRecord", {"DeliveryStreamName": "s", "Record": {"Data": data}})
