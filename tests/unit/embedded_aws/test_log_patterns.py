"""Filter patterns that look into JSON log events."""

from typing import Any

import pytest

from embedded_aws.cloudwatch.log_patterns import MISSING, PatternError, compile_json, parsed, value_at

EVENT: dict[str, Any] = {
    "accepted": 3,
    "kind": "storage*d",
    "level": "INFO",
    "nested": {"list": [{"a.b": 1}, None]},
    "none": None,
    "yes": True,
    "text": "7",
    "question": "a?b",
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("{ $.accepted = * }", True),
        ("{ $.absent = * }", False),
        ("{$.accepted=3}", True),
        ("{ $.accepted = 3.0 }", True),
        ("{ $.accepted != 3 }", False),
        ("{ $.absent != 3 }", False),
        ("{ $.accepted > 2 && $.accepted < 4 }", True),
        ("{ $.accepted >= 3 && $.accepted <= 2.5 }", False),
        ("{ $.text > 2 }", False),
        ("{ $.yes > 0 }", False),
        ("{ $.level = INFO }", True),
        ('{ $.level = "IN*" }', True),
        ('{ $.level = "info" }', False),
        ("{ $.kind = stor* }", True),
        ('{ $.question = "a?b" }', True),
        ('{ $.level = "I?FO" }', False),
        ("{ $.accepted > 5 || $.level = INFO && $.yes IS TRUE }", True),
        ("{ ($.accepted > 5 || $.level = INFO) && $.yes IS FALSE }", False),
        ("{ $.none IS NULL }", True),
        ("{ $.accepted IS NULL }", False),
        ("{ $.absent NOT EXISTS }", True),
        ("{ $.none NOT EXISTS }", False),
        ("{ $.none = * }", False),
        ("{ $.nested.list[0]['a.b'] = 1 }", True),
        ("{ $.nested.list[5] = 1 }", False),
        ("{ $.nested = * }", False),
    ],
)
def test_a_pattern(pattern: str, expected: bool) -> None:
    assert compile_json(pattern)(EVENT) is expected


def test_what_is_no_json_matches_nothing() -> None:
    test = compile_json("{ $.absent NOT EXISTS }")
    assert [test(parsed(message)) for message in ("REPORT RequestId: 1", '{"a": 1}')] == [False, True]
    assert value_at("$.a.b", [1]) is MISSING


@pytest.mark.parametrize(
    "pattern",
    [
        "{ $.a }",
        "{ $.a = }",
        "{ $.a > x }",
        "{ a = 1 }",
        "{ ($.a = 1 }",
        "{ $.a = 1",
        "{ $.a = 1 $.b = 2 }",
        "{ $.a IS 1 }",
        "{ }",
    ],
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError, match="Invalid metric filter pattern"):
        compile_json(pattern)
