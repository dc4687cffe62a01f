"""Trino's json_extract_scalar for DuckDB.

Trino gives a number as it is written. DuckDB reads it as a double, which has 17 digits at best, but keeps all of them
where a part of the text is to become a decimal: so a decimal that is never there is asked for beside the value.
"""

import json
import re
from typing import Any

from sqlglot import exp

from embedded_aws.athena.errors import QueryError

_STEP = re.compile(r"\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)|\[(?P<index>[0-9]+)\]|\[\"(?P<quoted>[^\"\\]*)\"\]")
_WHOLE, _DECIMAL = "whole", {"exact": "DECIMAL(1, 0)"}


def scalar(arguments: list[exp.Expr]) -> exp.Expr:
    """Write json_extract_scalar: text, numbers and booleans as text; null for all else, and where nothing is.

    Args:
        arguments: the JSON text, and the path as a literal.

    Raises:
        QueryError: the path is no literal of names and positions.
    """
    text, path = arguments
    if not (isinstance(path, exp.Literal) and path.is_string):
        raise QueryError("NOT_SUPPORTED", "the embedded AWS has json_extract_scalar with a literal path only")
    steps = _steps(path.name)
    form: Any = "VARCHAR"
    for step in reversed(steps):
        form = [form] if isinstance(step, int) else {step: form}
    found: exp.Expr = _call("operator_json_exact", text, exp.Literal.string(json.dumps({_WHOLE: form, **_DECIMAL})))
    for step in (_WHOLE, *steps):
        if isinstance(step, int):
            found = _call("list_extract", found, exp.Literal.number(step + 1))
        else:
            found = _call("struct_extract", found, exp.Literal.string(step))
    place = "".join(f"[{step}]" if isinstance(step, int) else f'."{step}"' for step in steps)
    return _call("operator_json_scalar", text.copy(), exp.Literal.string(f"${place}"), found)


def _steps(path: str) -> list[str | int]:
    """Give the names and positions of a path; the first position is 0."""
    steps: list[str | int] = []
    at = 1
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            break
        steps.append(int(found["index"]) if found["index"] else found["name"] or found["quoted"])
        at = found.end()
    if not path.startswith("$") or at < len(path):
        raise QueryError("NOT_SUPPORTED", f"the embedded AWS has no JSON path '{path}'")
    return steps


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))
