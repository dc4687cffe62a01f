"""Which routes nobody pays for."""

from typing import Any

import pytest

from components import RouteArgs, unbillable_routes


def route(method: str, path: str, **more: Any) -> RouteArgs:
    return {"method": method, "path": path, "function": "arn", **more}  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ([route("GET", "/a")], []),
        ([route("GET", "/a", billable=True)], []),
        ([route("GET", "/b", billable=False), route("GET", "/a", billable=False)], ["GET /a", "GET /b"]),
        (
            [route("ANY", "/a", billable=False)],
            ["DELETE /a", "GET /a", "HEAD /a", "OPTIONS /a", "PATCH /a", "POST /a", "PUT /a"],
        ),
        (
            [route("ANY", "/a", billable=False), route("GET", "/a"), route("PUT", "/a", billable=False)],
            ["DELETE /a", "HEAD /a", "OPTIONS /a", "PATCH /a", "POST /a", "PUT /a"],
        ),
        ([route("ANY", "/a"), route("GET", "/a", billable=False)], ["GET /a"]),
    ],
    ids=["default", "billable", "sorted", "any", "any-but-one", "one-of-any"],
)
def test_free_routes_are_spelt_as_the_access_log_has_them(routes: list[RouteArgs], expected: list[str]) -> None:
    assert unbillable_routes(routes) == expected
