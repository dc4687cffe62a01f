import json

import pytest

from metering.access_log import COLUMNS, FIELDS, log_format

LOGGED = {
    "v": "1",
    "extended_request_id": "$context.extendedRequestId",
    "request_id": "$context.requestId",
    "request_time_epoch": "$context.requestTimeEpoch",
    "tenant_id": "$context.authorizer.claims['custom:tenant_id']",
    "sub": "$context.authorizer.claims.sub",
    "user": "$context.authorizer.claims['cognito:username']",
    "api_id": "$context.apiId",
    "stage": "$context.stage",
    "http_method": "$context.httpMethod",
    "resource_path": "$context.resourcePath",
    "protocol": "$context.protocol",
    "status": "$context.status",
    "response_length": "$context.responseLength",
    "response_latency_ms": "$context.responseLatency",
    "integration_latency_ms": "$context.integrationLatency",
    "error_type": "$context.error.responseType",
    "ip": "$context.identity.sourceIp",
}


def test_the_table_has_the_documented_columns_in_order() -> None:
    assert [(column.name, column.type, column.required) for column in COLUMNS] == [
        ("extended_request_id", "string", True),
        ("request_id", "string", True),
        ("request_time", "timestamptz", True),
        ("ingested_at", "timestamptz", True),
        ("tenant_id", "string", False),
        ("user", "string", False),
        ("api_id", "string", False),
        ("stage", "string", False),
        ("http_method", "string", False),
        ("resource_path", "string", False),
        ("protocol", "string", False),
        ("status", "int", True),
        ("response_length", "long", False),
        ("response_latency_ms", "int", False),
        ("integration_latency_ms", "int", False),
        ("error_type", "string", False),
        ("ip", "string", False),
        ("billable", "boolean", True),
    ]


def test_the_log_format_has_the_documented_keys_in_order() -> None:
    assert list(json.loads(log_format()).items()) == list(LOGGED.items())


def test_without_source_ip_only_the_ip_is_left_out() -> None:
    assert json.loads(log_format(source_ip=False)) == {key: value for key, value in LOGGED.items() if key != "ip"}


def test_log_keys_are_the_definitions_with_a_context_and_columns_those_with_a_type() -> None:
    logged = json.loads(log_format())
    assert [(field.log_key, field.context) for field in FIELDS if field.context] == list(logged.items())[1:]
    assert [field.column for field in FIELDS if field.column] == list(COLUMNS)
    assert [field for field in FIELDS if (field.log_key is None) != (field.context is None)] == []


@pytest.mark.parametrize("source_ip", [True, False])
def test_the_log_format_is_one_short_line_as_api_gateway_wants_it(*, source_ip: bool) -> None:
    template = log_format(source_ip=source_ip)
    assert template.index("\n") == len(template) - 1
    assert len(template.encode("ascii")) <= 3 * 1024


def test_nothing_a_caller_can_choose_freely_is_logged() -> None:
    chosen = ("userAgent", "$context.path", "querystring", "identity.user", "domainName", "claims.email", "claims.name")
    assert [variable for variable in chosen if variable in log_format()] == []
