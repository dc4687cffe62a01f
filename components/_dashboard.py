"""The dashboard's JSON, made of the definitions of the alarms and of a few graphs beside them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components._alarms import Alarm
from components._metrics import Metric

WIDTH, HEIGHT = 12, 6
"""Of a widget on CloudWatch's grid, which is 24 wide."""
GRID = 24
PERIOD = 300

Widget = Mapping[str, Any]


@dataclass(frozen=True)
class Graph:
    """Metrics in one graph; those of math are hidden behind its result."""

    title: str
    metrics: Mapping[str, Metric]
    """By id."""
    expressions: Mapping[str, str] = field(default_factory=dict)
    """Metric math over the ids, by label."""
    period: int = PERIOD


@dataclass(frozen=True)
class LogTable:
    """A table of what CloudWatch Logs Insights finds in one log group."""

    title: str
    log_group: pulumi.Input[str]
    query: str


def dashboard_body(
    *,
    alarm_arns: Sequence[pulumi.Input[str]],
    graphs: Iterable[Graph | LogTable],
    alarms: Iterable[Alarm],
    region: pulumi.Input[str],
) -> pulumi.Output[str]:
    """Return the dashboard: the alarms' states, the graphs, and what each section's alarms look at.

    Args:
        alarm_arns: ARNs of the alarms whose states are shown.
        graphs: what is shown below, in order.
        alarms: definitions; those of one section of the runbook share a graph with their thresholds.
        region: where the metrics are.
    """
    shown = [_graph(one, region) if isinstance(one, Graph) else _table(one, region) for one in graphs]
    shown += [_section(section, of_it, region) for section, of_it in _by_section(alarms).items()]
    states = {
        "type": "alarm",
        "x": 0,
        "y": 0,
        "width": GRID,
        "height": HEIGHT,
        "properties": {"title": "Alarms", "alarms": list(alarm_arns)},
    }
    return pulumi.Output.json_dumps({"widgets": [states, *_placed(shown)]}, sort_keys=True)


def _placed(widgets: Sequence[Widget]) -> list[Widget]:
    """Put the widgets side by side, below the first row."""
    per_row = GRID // WIDTH
    return [
        {
            **widget,
            "x": number % per_row * WIDTH,
            "y": (1 + number // per_row) * HEIGHT,
            "width": WIDTH,
            "height": HEIGHT,
        }
        for number, widget in enumerate(widgets)
    ]


def _by_section(alarms: Iterable[Alarm]) -> dict[str, list[Alarm]]:
    sections: dict[str, list[Alarm]] = {}
    for alarm in alarms:
        sections.setdefault(alarm.section, []).append(alarm)
    return sections


def _section(section: str, alarms: Sequence[Alarm], region: pulumi.Input[str]) -> Widget:
    """Draw what a section's alarms look at, with each threshold as a line."""
    rows: list[list[Any]] = []
    for number, alarm in enumerate(alarms):
        hidden = bool(alarm.expression)
        ids = {key: f"{key}{number}" for key in alarm.metrics}
        rows += [_row(metric, id_=ids[key], hidden=hidden) for key, metric in alarm.metrics.items()]
        if hidden:
            rows.append([{"expression": _renamed(alarm.expression, ids), "label": alarm.role, "id": f"result{number}"}])
    thresholds = {alarm.threshold: f"alarm: {section}" for alarm in alarms}
    return _metric_widget(
        f"{section}: {', '.join(alarm.role for alarm in alarms)}",
        rows,
        period=alarms[0].period,
        region=region,
        annotations={"horizontal": [{"label": label, "value": value} for value, label in thresholds.items()]},
    )


def _renamed(expression: str, ids: Mapping[str, str]) -> str:
    return re.sub(r"\w+", lambda word: ids.get(word.group(), word.group()), expression)


def _graph(graph: Graph, region: pulumi.Input[str]) -> Widget:
    rows = [_row(metric, id_=key, hidden=False) for key, metric in graph.metrics.items()]
    rows += [[{"expression": expression, "label": label}] for label, expression in graph.expressions.items()]
    return _metric_widget(graph.title, rows, period=graph.period, region=region)


def _metric_widget(
    title: str,
    rows: list[list[Any]],
    *,
    period: int,
    region: pulumi.Input[str],
    annotations: Mapping[str, Any] | None = None,
) -> Widget:
    properties = {"title": title, "view": "timeSeries", "region": region, "period": period, "metrics": rows}
    return {"type": "metric", "properties": properties | ({"annotations": annotations} if annotations else {})}


def _row(metric: Metric, *, id_: str, hidden: bool) -> list[Any]:
    named = [part for pair in metric.dimensions.items() for part in pair]
    options = {"id": id_, "stat": metric.statistic, "label": metric.label}
    return [metric.namespace, metric.name, *named, options | ({"visible": False} if hidden else {})]


def _table(table: LogTable, region: pulumi.Input[str]) -> Widget:
    query = pulumi.Output.concat("SOURCE '", table.log_group, "' | ", table.query)
    return {"type": "log", "properties": {"title": table.title, "view": "table", "region": region, "query": query}}
