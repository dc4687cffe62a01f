"""One event: read from the members of a JSON object, checked as the specification says."""

import binascii
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from cloud_events.failure import CloudEventError, Fault, show
from cloud_events.json_text import Json, Scanner, as_written
from cloud_events.media_types import parse_media_type
from cloud_events.numbers import Number
from cloud_events.text import is_name, is_text, problem_with
from cloud_events.timestamps import parse_time
from cloud_events.uris import is_absolute_uri, is_uri_reference

SPECVERSION = "1.0"
DATA, DATA_BASE64 = "data", "data_base64"

_REQUIRED = ("specversion", "id", "source", "type")
_OPTIONAL = ("datacontenttype", "dataschema", "subject", "time")
_CORE = {*_REQUIRED, *_OPTIONAL}
_INTEGER = re.compile("-?(?:0|[1-9][0-9]{0,9})")
_INT32 = range(-(2**31), 2**31)
_NO_DATA = object()


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """A valid event."""

    id: str
    source: str
    type: str
    time: datetime | None
    """UTC."""
    subject: str | None
    datacontenttype: str | None
    dataschema: str | None
    extensions: Mapping[str, str | bool | int]
    """Attributes that the specification does not define, by name."""
    data: Json
    """As JSON; None, as for a null, if there is none. Binary data that is no JSON is the text of its base64."""
    data_text: str | None
    """The data's JSON text without blanks; None if there is no data."""


def read_event(value: Json, twice: Collection[str] = ()) -> CloudEvent:
    """Return the event that a JSON value stands for.

    Args:
        value: as `Scanner` reads it.
        twice: keys that it has twice.

    Raises:
        CloudEventError: it is no CloudEvent of version 1.0.
    """
    if not isinstance(value, dict):
        raise CloudEventError(Fault.NOT_AN_OBJECT, f"event must be a JSON object, got {show(value)}")
    for name in twice:
        raise CloudEventError(Fault.DUPLICATE_KEY, f"each key must be there once in its object, got {show(name)} twice")
    core = {name: _core(value, name) for name in (*_REQUIRED, *_OPTIONAL)}
    if core["specversion"] != SPECVERSION:
        raise _refused("specversion", f'must be "{SPECVERSION}"', core["specversion"])
    time = _check(core)
    extensions = {
        name: _extension(name, member)
        for name, member in value.items()
        if name not in _CORE and name not in (DATA, DATA_BASE64)
    }
    data = _data(value, core["datacontenttype"])
    present = data is not _NO_DATA
    return CloudEvent(
        core["id"] or "",
        core["source"] or "",
        core["type"] or "",
        time,
        core["subject"],
        core["datacontenttype"],
        core["dataschema"],
        {name: member for name, member in extensions.items() if member is not None},
        data if present else None,
        as_written(data) if present else None,
    )


def _core(members: Mapping[str, Json], name: str) -> str | None:
    value = members.get(name)
    if value is None:
        if name in _REQUIRED:
            raise CloudEventError(Fault.BAD_ATTRIBUTE, f"{name} missing, must be a string that is not empty")
        return None
    if not is_text(value) or not value:
        raise _refused(name, "must be a string that is not empty", value)
    _check_characters(name, value)
    return str(value)


def _check(core: Mapping[str, str | None]) -> datetime | None:
    """Check the attributes that have a form of their own, and return the time."""
    source, schema, media, time = (core[name] for name in ("source", "dataschema", "datacontenttype", "time"))
    if source is not None and not is_uri_reference(source):
        raise _refused("source", "must be a URI reference (RFC 3986)", source)
    if schema is not None and not is_absolute_uri(schema):
        raise _refused("dataschema", "must be an absolute URI (RFC 3986, section 4.3)", schema)
    if media is not None and parse_media_type(media) is None:
        raise _refused("datacontenttype", "must be a media type (RFC 2046)", media)
    moment = parse_time(time) if time is not None else None
    if time is not None and moment is None:
        raise _refused("time", "must be an RFC 3339 time such as 2026-11-01T00:00:00Z", time)
    return moment


def _extension(name: str, value: Json) -> str | bool | int | None:
    if not is_name(name):
        rule = "names of attributes must be lower-case letters a to z and digits"
        raise CloudEventError(Fault.BAD_ATTRIBUTE, f"{rule}, got {show(name)}")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Number):
        if _INTEGER.fullmatch(value) and int(value) in _INT32:
            return int(value)
        raise _refused(name, "must be a whole number of 32 bits, if a number", value)
    if not is_text(value):
        raise _refused(name, "must be a boolean, a whole number or a string", value)
    _check_characters(name, value)
    return str(value)


def _check_characters(name: str, text: str) -> None:
    if found := problem_with(text):
        rule = "must be without control characters, noncharacters and lone surrogates"
        raise CloudEventError(Fault.BAD_ATTRIBUTE, f"{name} {rule}, got {found}")


def _data(members: Mapping[str, Json], datacontenttype: str | None) -> Json:
    media = parse_media_type(datacontenttype or "application/json")
    is_json = media is not None and media.is_json
    binary = members.get(DATA_BASE64)
    if binary is not None:
        if DATA in members:
            raise CloudEventError(Fault.BAD_DATA, f"{DATA} and {DATA_BASE64} must not be there together")
        return _binary(binary, is_json=is_json)
    data = members.get(DATA, _NO_DATA)
    if data is not _NO_DATA and not is_json and not is_text(data):
        rule = f"{DATA} must be a string, for its datacontenttype {show(datacontenttype)} is not JSON"
        raise CloudEventError(Fault.BAD_DATA, f"{rule}, got {show(data)}")
    return data


def _binary(text: Json, *, is_json: bool) -> Json:
    try:
        content = binascii.a2b_base64(text, strict_mode=True) if is_text(text) else None
    except ValueError:
        content = None
    if content is None:
        rule = f"{DATA_BASE64} must be a string of base64 (RFC 4648)"
        raise CloudEventError(Fault.BAD_DATA, f"{rule}, got {show(text)}")
    if is_json:
        try:
            scanner = Scanner(content.decode())
            value = scanner.document()
            as_written(value)
        except ValueError:  # no UTF-8, no JSON, or one beyond our limits: then it is just bytes
            return str(text)
        if not scanner.twice:
            return value
    return str(text)


def _refused(name: str, rule: str, value: Json) -> CloudEventError:
    return CloudEventError(Fault.BAD_ATTRIBUTE, f"{name} {rule}, got {show(value)}")
