"""What the environment of the reconciling function says, read once per process."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from metering.records import TABLES
from reconciliation.balance import Tolerance

_TEXTS = ("RECONCILIATION_TABLE", "ACTIONS_TABLE", "ATHENA_WORKGROUP", "ATHENA_CATALOG", "DATABASE_NAME")
_SETTINGS = {
    "sources",
    "stream_tolerance_percent",
    "source_tolerance_percent",
    "late_hours",
    "recheck_hours",
    "grace_hours",
    "metric_namespace",
}


class ConfigError(ValueError):
    """The environment lacks a variable, or one is not of its form; the message names it."""


@dataclass(frozen=True)
class Metric:
    """A metric of CloudWatch."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]


@dataclass(frozen=True)
class Source:
    """One kind of records, from where they are counted to their table."""

    role: str
    """Of the table."""
    stream: str
    """Name of the stream."""
    error_bucket: str
    """Name of the bucket for what cannot be delivered."""
    counted: Metric
    """What is counted in front of the stream."""
    counted_rows: Mapping[str, str]
    """Which rows are of what is counted: column -> value; all of them if it is empty."""


@dataclass(frozen=True)
class Settings:
    """By what is reconciled: `RECONCILIATION_SETTINGS`."""

    sources: tuple[Source, ...]
    tolerance: Tolerance
    late: timedelta
    """How long after an hour's end its records may be on their way."""
    recheck: timedelta
    """How far back hours are checked again by each hourly run until they balance."""
    grace: timedelta
    """How long after a period's end its first final run may be."""
    metric_namespace: str
    """Of the metrics that are put."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the settings that a JSON object stands for.

        Raises:
            ConfigError: it is none, or a setting is missing, unknown or out of range.
        """
        value = _object("RECONCILIATION_SETTINGS", text)
        _check_keys("RECONCILIATION_SETTINGS", value, _SETTINGS)
        sources = value["sources"]
        if not isinstance(sources, dict) or not sources or not sources.keys() <= TABLES.keys():
            raise ConfigError(f"sources must be an object by roles of tables ({', '.join(TABLES)})")
        return cls(
            tuple(_source(role, sources[role]) for role in TABLES if role in sources),
            Tolerance(_percent(value, "stream_tolerance_percent"), _percent(value, "source_tolerance_percent")),
            _hours(value, "late_hours"),
            _hours(value, "recheck_hours"),
            _hours(value, "grace_hours"),
            _text(value, "metric_namespace"),
        )


@dataclass(frozen=True)
class Config:
    """Names of what the function works with, and the settings."""

    reconciliation_table: str
    actions_table: str
    athena_workgroup: str
    athena_catalog: str
    database_name: str
    table_names: Mapping[str, str]
    """Role of a table -> its name in the database."""
    settings: Settings

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Return what the environment says.

        Raises:
            ConfigError: a variable is missing, or not of its form.
        """
        missing = sorted({*_TEXTS, "TABLE_NAMES", "RECONCILIATION_SETTINGS"} - set(environment))
        if missing:
            raise ConfigError(f"environment variables must be set: {', '.join(missing)}")
        tables = _object("TABLE_NAMES", environment["TABLE_NAMES"])
        settings = Settings.parse(environment["RECONCILIATION_SETTINGS"])
        if unnamed := [source.role for source in settings.sources if not isinstance(tables.get(source.role), str)]:
            raise ConfigError(f"TABLE_NAMES must name the table of every source, not of: {', '.join(unnamed)}")
        names = {name.lower(): environment[name] for name in _TEXTS}
        return cls(**names, table_names=tables, settings=settings)


def _source(role: str, value: Any) -> Source:
    what = f"source {role}"
    _check_keys(what, value, {"stream", "error_bucket", "counted", "counted_rows"})
    counted = value["counted"]
    _check_keys(f"{what}: counted", counted, {"namespace", "metric", "dimensions"})
    dimensions = counted["dimensions"]
    if not isinstance(dimensions, dict) or not all(isinstance(one, str) for one in dimensions.values()):
        raise ConfigError(f"{what}: dimensions must be an object of texts")
    metric = Metric(_text(counted, "namespace"), _text(counted, "metric"), dimensions)
    rows = _counted_rows(role, value["counted_rows"])
    return Source(role, _text(value, "stream"), _text(value, "error_bucket"), metric, rows)


def _counted_rows(role: str, value: Any) -> dict[str, str]:
    """Return the columns' values; none where the sender says the time, since nothing is counted by it."""
    table = TABLES[role]
    texts = set() if table.time_is_callers else {column.name for column in table.columns if column.type == "string"}
    if not isinstance(value, dict) or not value.keys() <= texts or not all(isinstance(v, str) for v in value.values()):
        names = ", ".join(sorted(texts)) or "none"
        raise ConfigError(f"source {role}: counted_rows must be an object of texts by columns of text ({names})")
    return value


def _object(name: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{name} must be JSON: {error}") from error
    if not isinstance(value, dict):
        raise ConfigError(f"{name} must be an object, got {type(value).__name__}")
    return value


def _check_keys(what: str, value: Any, keys: set[str]) -> None:
    if not isinstance(value, dict):
        raise ConfigError(f"{what} must be an object, got {type(value).__name__}")
    if wrong := sorted(set(value) ^ keys):
        raise ConfigError(f"{what} must have just the known keys; missing or unknown: {', '.join(wrong)}")


def _text(value: Mapping[str, Any], key: str) -> str:
    text = value[key]
    if not isinstance(text, str) or not text:
        raise ConfigError(f"{key} must be a text, got {text!r}")
    return text


def _hours(value: Mapping[str, Any], key: str) -> timedelta:
    number = value[key]
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ConfigError(f"{key} must be a whole number from 0, got {number!r}")
    return timedelta(hours=number)


def _percent(value: Mapping[str, Any], key: str) -> Decimal:
    text = value[key]
    try:
        percent = Decimal(text) if isinstance(text, str) else Decimal("NaN")
    except InvalidOperation:
        percent = Decimal("NaN")
    if not (percent.is_finite() and 0 <= percent <= 100):  # noqa: PLR2004 - the whole
        raise ConfigError(f'{key} must be a text of a number from 0 to 100, such as "0.01", got {text!r}')
    return percent
