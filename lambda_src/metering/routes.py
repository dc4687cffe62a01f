"""Routes that no tenant pays for, as a function's environment names them."""

import json
import re

_ROUTE = re.compile(r"(?:DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT) /\S*")


def parse_routes(name: str, text: str) -> frozenset[str]:
    """Return the routes in `text`: a JSON list of `METHOD /resource/path` as API Gateway logs them.

    Raises:
        ValueError: `text` is no such list; the message says so of `name`, with the value.
    """
    try:
        routes = json.loads(text)
    except (ValueError, RecursionError):
        routes = None
    if not isinstance(routes, list):
        raise ValueError(f"{name}: must be a JSON list of `METHOD /path`, not {text!r}")  # noqa: TRY004 - env is text
    for route in routes:
        if not isinstance(route, str) or not _ROUTE.fullmatch(route):
            raise ValueError(f"{name}: each route must be `METHOD /path`, not {route!r}")
    return frozenset(routes)
