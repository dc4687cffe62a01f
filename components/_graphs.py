"""What the dashboard shows beside the alarms: how much comes and goes, what it costs, and how far billing is."""

from collections.abc import Callable

from components import _log_metrics as logged
from components import _metrics as metrics
from components._alarm_list import Watched
from components._alarms import HOUR
from components._dashboard import Graph, LogTable
from components._pipeline_alarms import WatchedSource

_OfSource = Callable[[str, WatchedSource], metrics.Metric]
"""Makes the metric of a name and a source."""
_QUERY_STATES = ("SUCCEEDED", "FAILED", "CANCELED")
"""As Athena's metric spells them: queries that failed or were cancelled are paid for, too."""
_FIREHOSE_REASONS = "filter ispresent(errorCode) | stats count(*) as times by errorCode, message | sort times desc"
_TRANSFORM_REASONS = "filter failed > 0 | fields @timestamp, failed, message | sort @timestamp desc | limit 50"


def graphs(watched: Watched) -> list[Graph | LogTable]:
    """Return the graphs and tables, in order."""
    return [
        _requests(watched),
        *(_rows(source) for source in watched.sources),
        _difference(watched),
        _open_hours(watched),
        *(table for source in watched.sources for table in _reasons(source)),
        _bytes_ingested(watched),
        _lambda_duration(watched),
        _bytes_scanned(watched),
        _bills(watched),
    ]


def _requests(watched: Watched) -> Graph:
    def of_stage(name: str, label: str) -> metrics.Metric:
        return metrics.api(name, "Sum", label, api=watched.api["api_name"], stage=watched.api["stage_name"])

    return Graph(
        "Requests and events",
        {
            "requests": of_stage("Count", "requests"),
            "refused": of_stage("4XXError", "answered with 4xx"),
            "failed": of_stage("5XXError", "answered with 5xx"),
            "accepted": metrics.Metric(watched.namespace, logged.EVENTS_ACCEPTED, "Sum", "events accepted"),
        },
    )


def _rows(source: WatchedSource) -> Graph:
    stream = source.pipeline["stream_name"]
    return Graph(
        f"Records and rows of {source.records}",
        {
            "incoming": metrics.firehose("IncomingRecords", "Sum", "records", stream=stream),
            "rows": metrics.firehose("DeliveryToIceberg.SuccessfulRowCount", "Sum", "rows", stream=stream),
        },
        {"not rows yet, since the graph begins": "RUNNING_SUM(FILL(incoming, 0) - FILL(rows, 0))"},
    )


def _difference(watched: Watched) -> Graph:
    def of(name: str, source: WatchedSource) -> metrics.Metric:
        label = f"{source.records}: {name.lower()}"
        return metrics.of_source(watched.namespace, name, "Maximum", label, source=source.role)

    names = ("Missing", "Unexplained", "FailedRecords")
    return Graph("Difference that reconciliation found", _each(watched, names, of), period=HOUR)


def _open_hours(watched: Watched) -> Graph:
    def of(name: str, source: WatchedSource) -> metrics.Metric:
        label = f"{source.records}: hours open"
        return metrics.of_source(watched.namespace, name, "Maximum", label, source=source.role)

    return Graph("Hours that do not balance", _each(watched, ("OpenHours",), of), period=HOUR)


def _each(watched: Watched, names: tuple[str, ...], of: _OfSource) -> dict[str, metrics.Metric]:
    return {f"{name.lower()}_{source.prefix}": of(name, source) for source in watched.sources for name in names}


def _reasons(source: WatchedSource) -> list[LogTable]:
    pipeline = source.pipeline
    return [
        LogTable(f"Failures of {source.records} by reason", pipeline["stream_log_group_name"], _FIREHOSE_REASONS),
        LogTable(
            f"{source.records} that the transform refused", pipeline["transform_log_group_name"], _TRANSFORM_REASONS
        ),
    ]


def _bytes_ingested(watched: Watched) -> Graph:
    return Graph(
        "Cost: bytes ingested",
        {
            source.prefix: metrics.firehose(
                "IncomingBytes", "Sum", source.records, stream=source.pipeline["stream_name"]
            )
            for source in watched.sources
        },
        period=HOUR,
    )


def _lambda_duration(watched: Watched) -> Graph:
    billing = watched.billing
    functions = {
        **{f"transform_{source.prefix}": source.pipeline["transform_function_name"] for source in watched.sources},
        "planner": billing["planner_function_name"],
        "worker": billing["worker_function_name"],
        "rollup": billing["rollup_function_name"],
        "reconciler": watched.reconciler,
        "events": watched.events["function_name"],
    }
    return Graph(
        "Cost: milliseconds of Lambda functions",
        {
            key: metrics.function("Duration", "Sum", key.replace("_", " of "), function=name)
            for key, name in functions.items()
        },
        period=HOUR,
    )


def _bytes_scanned(watched: Watched) -> Graph:
    return Graph(
        "Cost: bytes that Athena scanned",
        {
            state.lower(): metrics.athena(
                "ProcessedBytes", "Sum", f"queries {state.lower()}", workgroup=watched.workgroup, state=state
            )
            for state in _QUERY_STATES
        },
        period=HOUR,
    )


def _bills(watched: Watched) -> Graph:
    labels = {
        logged.BILLS_DRAFT: "drafts of open periods",
        logged.INVOICES_FINAL: "final invoices",
        logged.BILLS_LEFT: "held or failed",
        logged.PERIODS_REFUSED: "periods not finalized",
        logged.PERIODS_UNFINALIZED: "periods that ought to be final",
    }
    return Graph(
        "Bills and invoices by state",
        {
            name[0].lower() + name[1:]: metrics.Metric(watched.namespace, name, "Maximum", label)
            for name, label in labels.items()
        },
        period=HOUR,
    )
