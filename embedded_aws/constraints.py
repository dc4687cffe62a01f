"""The constraints of the APIs that ministack does not have or does not check, read from AWS's own models of them.

AWS checks every request against the model (lengths, ranges, patterns, enums, required members) before the service
sees it, and SDKs leave most of that to the server. So does this, with AWS's wording.
"""

import base64
import binascii
import functools
import re
from collections.abc import Iterator
from typing import Any

import botocore.session

from embedded_aws.refusals import RefusedCallError

_SHOWN_AT_MOST = 200


class ConstraintError(RefusedCallError):
    """An argument breaks a constraint of the API's model."""

    code = "ValidationException"


class MalformedRequestError(RefusedCallError):
    """The request is not of the operation's form."""

    code = "SerializationException"


@functools.cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def check(service: str, operation: str, request: dict[str, Any]) -> None:
    """Check a request against its operation's input shape.

    Args:
        service: botocore's name of the service, such as `firehose`.
        operation: such as `PutRecord`.
        request: the request as it came in JSON, blobs in base64.

    Raises:
        ConstraintError: AWS's "N validation errors detected: ...", all errors at once.
        MalformedRequestError: a value is of another JSON type than the model's.
    """
    errors = list(_broken(_model(service).operation_model(operation).input_shape, request, ""))
    if errors:
        noun = "error" if len(errors) == 1 else "errors"
        raise ConstraintError(f"{len(errors)} validation {noun} detected: {'; '.join(errors)}")


def _broken(shape: Any, value: Any, path: str) -> Iterator[str]:
    match shape.type_name:
        case "structure":
            yield from _broken_members(shape, _typed(value, dict, path), path)
        case "list":
            items = _typed(value, list, path)
            yield from _out_of_bounds(shape.metadata, len(items), items, path, "have length")
            for position, item in enumerate(items, 1):
                yield from _broken(shape.member, item, f"{path}.{position}.member")
        case "string":
            text = _typed(value, str, path)
            yield from _out_of_bounds(shape.metadata, len(text), text, path, "have length")
            yield from _unmatched(shape, text, path)
        case "blob":
            yield from _out_of_bounds(shape.metadata, len(_decoded(value, path)), None, path, "have length")
        case "integer" | "long" | "double":
            number = _typed(value, (int, float), path)
            yield from _out_of_bounds(shape.metadata, number, number, path, "have value")


def _broken_members(shape: Any, value: dict[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_member(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _broken(member, value[name], _member(path, name))


def _member(path: str, name: str) -> str:
    lowered = name[0].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


def _typed(value: Any, kind: type | tuple[type, ...], path: str) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise MalformedRequestError(f"Value at '{path}' is of another type than the API's: {type(value).__name__}")
    return value


def _decoded(value: Any, path: str) -> bytes:
    try:
        return base64.b64decode(_typed(value, str, path), validate=True)
    except binascii.Error as error:
        raise MalformedRequestError(f"Value at '{path}' is not base64: {error}") from error


def _out_of_bounds(bounds: dict[str, Any], size: float, shown: Any, path: str, what: str) -> Iterator[str]:
    value = "Value" if shown is None else f"Value '{str(shown)[:_SHOWN_AT_MOST]}'"
    if size < bounds.get("min", size):
        yield _failed(value, path, f"{what} greater than or equal to {bounds['min']}")
    if size > bounds.get("max", size):
        yield _failed(value, path, f"{what} less than or equal to {bounds['max']}")


def _python_pattern(pattern: str) -> str:
    """Write a Java pattern for Python: classes of letters, digits and spaces, and characters beyond 16 bits, differ."""
    beyond = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")
    for java, python in ((r"\p{L}", r"\w"), (r"\p{N}", r"\d"), (r"\p{Z}", r"\s"), beyond):
        pattern = pattern.replace(java, python)
    return pattern


def _unmatched(shape: Any, text: str, path: str) -> Iterator[str]:
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(_python_pattern(pattern), text, re.DOTALL):
        yield _failed(f"Value '{text[:_SHOWN_AT_MOST]}'", path, f"satisfy regular expression pattern: {pattern}")
    if shape.enum and text not in shape.enum:
        yield _failed(f"Value '{text}'", path, f"satisfy enum value set: [{', '.join(shape.enum)}]")


def _failed(value: str, path: str, rule: str) -> str:
    return f"{value} at '{path}' failed to satisfy constraint: Member must {rule}"
