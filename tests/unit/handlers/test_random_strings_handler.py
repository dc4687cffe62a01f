import json
import pathlib
import string
from typing import Any

import pytest

from handlers.random_strings import handler
from metering import quota

EVENT = pathlib.Path(__file__).parents[2] / "events" / "apigateway_random_strings.json"
HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store"}


def get(query: dict[str, list[str]] | None) -> tuple[int, Any]:
    """Call the handler as API Gateway does, and check the frame of its response."""
    single = {name: values[-1] for name, values in query.items()} if query else None
    event = {
        **json.loads(EVENT.read_text()),
        "queryStringParameters": single,
        "multiValueQueryStringParameters": query,
    }
    response = handler(event, None)
    status, body = response.pop("statusCode"), json.loads(response.pop("body"))
    assert response == {"headers": HEADERS, "isBase64Encoded": False}
    return status, body


def shape(strings: list[str], alphabet: str) -> tuple[int, set[int], bool]:
    return len(strings), {len(text) for text in strings}, set("".join(strings)) <= set(alphabet)


def test_an_event_of_api_gateway_is_answered() -> None:
    response = handler(json.loads(EVENT.read_text()), None)
    assert (response["statusCode"], response["headers"]) == (200, HEADERS)
    assert shape(json.loads(response["body"]), string.digits) == (3, {5}, True)


def test_without_parameters_one_string_of_eight_letters_is_made() -> None:
    status, body = get(None)
    assert (status, shape(body, string.ascii_letters)) == (200, (1, {8}, True))


def test_an_event_with_single_values_only_is_understood() -> None:
    assert shape(json.loads(handler({"queryStringParameters": {"num": "2"}}, None)["body"]), string.ascii_letters) == (
        2,
        {8},
        True,
    )
    assert handler({"queryStringParameters": None}, None)["statusCode"] == 200


@pytest.mark.parametrize(
    ("query", "count", "length"),
    [
        ({"len": ["1"], "num": ["1"]}, 1, 1),
        ({"len": ["256"], "num": ["100"]}, 100, 256),
        ({"len": ["008"], "num": ["01"]}, 1, 8),
    ],
)
def test_sizes_are_met_to_their_limits(query: dict[str, list[str]], count: int, length: int) -> None:
    status, body = get(query)
    assert (status, shape(body, string.ascii_letters)) == (200, (count, {length}, True))


@pytest.mark.parametrize(
    ("chars", "alphabet"),
    [
        ("letters", string.ascii_letters),
        ("lowercase", string.ascii_lowercase),
        ("uppercase", string.ascii_uppercase),
        ("digits", string.digits),
    ],
)
def test_each_alphabet_is_used_whole(chars: str, alphabet: str) -> None:
    status, body = get({"chars": [chars], "len": ["256"], "num": ["100"]})
    assert (status, set("".join(body))) == (200, set(alphabet))  # a letter is missing once in 10**200 runs


LEN = "a whole number from 1 to 256"
NUM = "a whole number from 1 to 100"
CHARS = "one of letters, lowercase, uppercase, digits"
KNOWN = "one of the parameters len, num, chars"


@pytest.mark.parametrize(
    ("query", "parameter", "rule", "value"),
    [
        *(
            ({"len": [v]}, "len", LEN, v)
            for v in ("0", "257", "-1", "", "x", "1.5", "1e2", "+8", " 8", "8\n", "1_0", "\u0668")
        ),
        *(({"num": [v]}, "num", NUM, v) for v in ("0", "101", "-1", "", "9" * 5_000)),
        *(({"chars": [v]}, "chars", CHARS, v) for v in ("", "Letters", "hex", "letters ", "__class__")),
        ({"len": ["8", "8"]}, "len", "given once", "8, 8"),
        ({"length": ["8"]}, "length", KNOWN, "length"),
        ({"len": ["8"], "": [""]}, "", KNOWN, ""),
    ],
)
def test_anything_else_is_a_400_that_names_parameter_rule_and_value(
    query: dict[str, list[str]], parameter: str, rule: str, value: str
) -> None:
    assert get(query) == (
        400,
        {
            "message": f"{parameter}: must be {rule}, not {value!r}",
            "parameter": parameter,
            "rule": rule,
            "value": value,
        },
    )


def test_over_the_hard_limit_on_calls_there_are_no_strings(monkeypatch: pytest.MonkeyPatch) -> None:
    over = {"meter": "api_calls", "limit": "10", "used": "12"}
    monkeypatch.setenv("USAGE_TABLE", "usage")
    monkeypatch.setattr(quota, "_table", lambda _name: lambda *_: {"over": [over], "as_of": "2025-12-31T23:05:00Z"})
    answer = handler(json.loads(EVENT.read_text()), None)
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (429, "1")
    assert json.loads(answer["body"]).items() >= over.items()
