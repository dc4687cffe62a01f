"""Why a body is no CloudEvents JSON, or one of its events no CloudEvent."""

from enum import StrEnum
from typing import Any

from cloud_events.numbers import Number

_SHOWN = 40


class Fault(StrEnum):
    """What kind of rule is broken."""

    NOT_UTF8 = "NotUtf8"
    NOT_JSON = "NotJson"
    NOT_AN_ARRAY = "NotAnArray"
    NOT_AN_OBJECT = "NotAnObject"
    DUPLICATE_KEY = "DuplicateKey"
    TOO_DEEP = "TooDeep"
    TOO_LARGE = "TooLarge"
    TOO_MANY = "TooMany"
    BAD_ATTRIBUTE = "BadAttribute"
    BAD_DATA = "BadData"


class CloudEventError(ValueError):
    """A rule is broken; the message names the thing, the rule and the value."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


def show(value: Any) -> str:
    """Return a JSON value for a message, shortened."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = value[: _SHOWN + 1]
    shortened = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return str(shortened) if isinstance(value, Number) else f'"{shortened}"'
