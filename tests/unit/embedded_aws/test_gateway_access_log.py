import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_aws.gateway import access_log

CONTEXT: dict[str, Any] = {
    "status": 200,
    "requestId": "r-1",
    "authorizer": {"claims": {"custom:tenant_id": "acme", "cognito:username": 'a"b,c', "plain": "p", "flag": True}},
    "error": {"message": None},
}


@pytest.mark.parametrize(
    ("line_format", "line"),
    [
        ("$context.status $context.requestId", "200 r-1"),
        ("$context.authorizer.claims['custom:tenant_id']", "acme"),
        ("$context.authorizer['claims'].plain", "p"),
        ("$context.authorizer.claims.custom:tenant_id", "-:tenant_id"),
        ("$context.authorizer.claims", "-"),
        ("$context.error.message", "-"),
        ("$context.unknown.deep $context.status.deeper", "- -"),
        ("$context.status.", "200."),
        ("$contextual $context $context.", "$contextual $context $context."),
        ("""{"u":"$context.authorizer.claims['cognito:username']"}\n""", '{"u":"a\\"b,c"}\n'),
        ("$context.authorizer.claims['cognito:username']", 'a"b,c'),
        ('"a" $context.authorizer.claims[\'cognito:username\'] "b"', '"a" a"b,c "b"'),
        ('"\\"$context.authorizer.claims[\'cognito:username\']"', '"\\"a\\"b,c"'),
        ('"$context.authorizer.claims.flag"', '"true"'),
    ],
)
def test_a_format_is_filled(line_format: str, line: str) -> None:
    assert access_log.render(line_format, CONTEXT) == line


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_no_value_ends_its_json_string(value: str) -> None:
    line_format = '{"a":"$context.a","b":"$context.b"}'
    assert json.loads(access_log.render(line_format, {"a": value, "b": "x"})) == {"a": value, "b": "x"}


@pytest.mark.parametrize(
    "line_format",
    ["$context.requestId", '{"id":"$context.extendedRequestId"}\n', "$context.requestId" + " " * (3072 - 18)],
    ids=["short", "newline at the end", "3 KB"],
)
def test_formats_that_are_taken(line_format: str) -> None:
    assert access_log.problem(line_format) is None


@pytest.mark.parametrize(
    ("line_format", "rule"),
    [
        ("$context.requestId\n\n", "only at end of the format"),
        ("a\n$context.requestId", "only at end of the format"),
        ("$context.requestId\r\n", "only at end of the format"),
        ("$context.requestId" + "\u00e9" * 1528, "at most 3072 bytes: it has 3074"),
        ("$context.status", "at least $context.requestId or $context.extendedRequestId: '$context.status'"),
        ("$context.requestIdentity", "at least $context.requestId"),
    ],
)
def test_formats_that_are_refused(line_format: str, rule: str) -> None:
    assert rule in (access_log.problem(line_format) or "")
