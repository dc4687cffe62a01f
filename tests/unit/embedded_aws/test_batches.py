from typing import Any

import pytest

from embedded_aws.lambda_runtime import batches

MESSAGES = [{"id": "a", "body": "x"}, {"id": "b", "body": "y"}]


def _failures(*identifiers: Any) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": one} for one in identifiers]}


@pytest.mark.parametrize(
    ("answer", "done"),
    [
        pytest.param(None, ["a", "b"], id="nothing"),
        pytest.param({}, ["a", "b"], id="empty object"),
        pytest.param({"batchItemFailures": None}, ["a", "b"], id="null list"),
        pytest.param(_failures(), ["a", "b"], id="empty list"),
        pytest.param(_failures("b"), ["a"], id="one failed"),
        pytest.param(_failures("a", "b"), [], id="all failed"),
        pytest.param(_failures("c"), [], id="unknown identifier"),
        pytest.param(_failures("b", ""), [], id="empty identifier"),
        pytest.param(_failures("b", None), [], id="null identifier"),
        pytest.param({"batchItemFailures": [{"id": "b"}]}, [], id="misspelt key"),
        pytest.param({"batchItemFailures": ["b"]}, [], id="bare identifier"),
        pytest.param({"batchItemFailures": "b"}, [], id="no list"),
        pytest.param("done", [], id="no object"),
    ],
)
def test_what_an_answer_says_is_done(answer: Any, done: list[str]) -> None:
    assert [one["id"] for one in batches.done(MESSAGES, {"body": answer}, partial=True)] == done


def test_without_partial_answers_the_batch_is_done_or_not() -> None:
    assert batches.done(MESSAGES, {"body": _failures("b")}, partial=False) == MESSAGES
    assert batches.done(MESSAGES, {"body": _failures("b"), "error": True}, partial=False) == []
    assert batches.done(MESSAGES, {"body": None, "error": True}, partial=True) == []


def test_a_batch_is_no_larger_than_a_request() -> None:
    half = {"id": "c", "body": "x" * (batches.PAYLOAD_LIMIT // 2)}
    whole = {"id": "d", "body": "x" * (batches.PAYLOAD_LIMIT + 1)}
    assert batches.fitting(MESSAGES, 10) == 2
    assert batches.fitting(MESSAGES, 1) == 1
    assert batches.fitting([half, half, half], 10) == 2
    assert batches.fitting([whole, half], 10) == 1
