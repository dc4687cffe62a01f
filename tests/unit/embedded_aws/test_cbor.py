"""CBOR, by the examples of its specification (RFC 8949, appendix A), and back through botocore's reader."""

from datetime import UTC, datetime
from typing import Any

import pytest

from embedded_aws.cloudwatch import cbor

WRITTEN = {
    0: "00",
    23: "17",
    24: "1818",
    100: "1864",
    1000: "1903e8",
    1000000: "1a000f4240",
    1000000000000: "1b000000e8d4a51000",
    -1: "20",
    -1000: "3903e7",
    1.1: "fb3ff199999999999a",
    "": "60",
    "ü": "62c3bc",
}


@pytest.mark.parametrize(("value", "expected"), WRITTEN.items())
def test_a_scalar_is_written_in_its_shortest_form(value: Any, expected: str) -> None:
    assert cbor.written(value).hex() == expected


def test_truths_lists_and_maps() -> None:
    assert cbor.written([True, False, [1, 2]]).hex() == "83f5f4820102"
    assert cbor.written({"a": 1, "b": [2, 3]}).hex() == "a26161016162820203"


def test_what_is_written_is_read() -> None:
    value = {
        "When": datetime(2026, 10, 5, 14, tzinfo=UTC),
        "Values": [1.5, -300, 2**40],
        "Name": "x" * 300,
        "Yes": True,
    }
    assert cbor.read(cbor.written(value)) == value
    assert cbor.read(b"") == {}


@pytest.mark.parametrize("body", [b"\xa1", b"\xff", b"\x62a"])
def test_what_is_no_cbor_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="no CBOR"):
        cbor.read(body)


def test_what_no_answer_has_is_not_written() -> None:
    with pytest.raises(TypeError, match="no CBOR: object"):
        cbor.written(object())
