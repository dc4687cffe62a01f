import json

import pytest

from metering.routes import parse_routes


def test_routes_are_read_as_a_set() -> None:
    text = '["GET /health", "POST /items/{id}/{proxy+}", "GET /health", "OPTIONS /"]'
    assert parse_routes("UNBILLABLE_ROUTES", text) == {"GET /health", "POST /items/{id}/{proxy+}", "OPTIONS /"}


def test_no_routes_is_an_empty_set() -> None:
    assert parse_routes("UNBILLABLE_ROUTES", "[]") == frozenset()


@pytest.mark.parametrize("text", ["", "GET /health", '"GET /health"', '{"GET /health": 1}', "null", "[" * 100_000])
def test_what_is_no_list_is_an_error_that_names_the_variable_the_rule_and_the_value(text: str) -> None:
    with pytest.raises(ValueError, match="UNBILLABLE_ROUTES") as error:
        parse_routes("UNBILLABLE_ROUTES", text)
    assert str(error.value) == f"UNBILLABLE_ROUTES: must be a JSON list of `METHOD /path`, not {text!r}"


@pytest.mark.parametrize(
    "route", [1, None, "", "GET", "/health", "get /health", "GET health", "ANY /x", "GET /a b", "GET  /a"]
)
def test_a_malformed_route_is_an_error_that_names_it(route: object) -> None:
    with pytest.raises(ValueError, match="UNBILLABLE_ROUTES") as error:
        parse_routes("UNBILLABLE_ROUTES", json.dumps(["GET /fine", route]))
    assert str(error.value) == f"UNBILLABLE_ROUTES: each route must be `METHOD /path`, not {route!r}"
