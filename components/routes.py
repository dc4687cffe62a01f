"""An API's routes as data, handed to `MeteredApi` and, as those that are free, to `IngestPipeline`."""

import re
from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi

ANY = "ANY"
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
"""What `ANY` stands for."""

_PART = r"[A-Za-z0-9._:-]+"
_VARIABLE = rf"\{{{_PART}\}}"
_GREEDY = rf"\{{{_PART}\+\}}"
_PATH = rf"/|(?:/(?:{_PART}|{_VARIABLE}))+(?:/{_GREEDY})?|/{_GREEDY}"


class RouteArgs(TypedDict):
    """One method of one path."""

    method: str
    """HTTP method in capitals, or `ANY`."""
    path: str
    """Path below the stage, such as `/tenants/{id}`; its last part may be greedy, `{rest+}`."""
    function: pulumi.Input[str]
    """ARN of the alias (or version) of the Lambda function that answers."""
    authorize: NotRequired[bool]
    """Whether callers need an ID token of the user pool; true if absent."""
    billable: NotRequired[bool]
    """Whether successful calls are billable; true if absent."""


def route_key(route: RouteArgs) -> str:
    """Return the route as `METHOD /path`."""
    return f"{route['method']} {route['path']}"


def shape_of(path: str) -> str:
    """Return the path without its variables' names, for logical names: API Gateway has one variable per place.

    A resource for a renamed variable beside the old one is refused; under the same logical name it is changed in place.
    """
    return re.sub(r"\{[^}]+\}", "{}", path)


def unbillable_routes(routes: Sequence[RouteArgs]) -> list[str]:
    """Return the free routes as `METHOD /path`, sorted; `ANY` is spelt out, since the log has the method used."""
    declared = {route_key(route) for route in routes}
    free: set[str] = set()
    for route in routes:
        if route.get("billable", True):
            continue
        if route["method"] != ANY:
            free.add(route_key(route))
            continue
        spelt_out = {f"{method} {route['path']}" for method in METHODS}
        # A method with a route of its own on the same path is answered, and billed, by that one.
        free |= spelt_out - declared
    return sorted(free)


def resource_paths(routes: Sequence[RouteArgs]) -> list[str]:
    """Return every path that needs an API Gateway resource, parents first; the root needs none."""
    paths = set()
    for route in routes:
        parts = route["path"].strip("/").split("/")
        paths |= {"/" + "/".join(parts[: end + 1]) for end in range(len(parts)) if parts[end]}
    return sorted(paths, key=lambda path: (path.count("/"), path))


def check_routes(field: str, routes: Sequence[RouteArgs]) -> None:
    """Hold routes to API Gateway's rules.

    Raises:
        ValueError: there is no route; a method or path is none; a route is there twice; two variables compete.
    """
    if not routes:
        raise ValueError(f"{field}: must have at least one route, got {list(routes)!r}")
    for route in routes:
        if route["method"] not in (ANY, *METHODS):
            raise ValueError(f"{field}: method must be {ANY} or one of {', '.join(METHODS)}, got {route['method']!r}")
        if not re.fullmatch(_PATH, route["path"]):
            raise ValueError(
                f"{field}: path must be / or parts of letters, digits, periods, colons, underscores and hyphens or"
                f" {{variables}}, the last one may be {{greedy+}}, got {route['path']!r}"
            )
    keys = [route_key(route) for route in routes]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"{field}: a route may be there once, got {key!r} {keys.count(key)} times")
    _check_variables(field, resource_paths(routes))


def _check_variables(field: str, paths: Sequence[str]) -> None:
    """Refuse two variables below one parent, which API Gateway could not tell apart."""
    variables: dict[str, str] = {}
    for path in paths:
        parent, _, part = path.rpartition("/")
        if part.startswith("{") and variables.setdefault(parent, part) != part:
            raise ValueError(
                f"{field}: {parent or '/'} may have one variable below it, got {variables[parent]} and {part}"
            )
