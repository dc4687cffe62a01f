"""The dashboard: JSON that CloudWatch takes, made of the same definitions as the alarms."""

import json
import re
from typing import Any

from components._dashboard import Graph, LogTable
from components._graphs import graphs
from tests.unit.components.arguments_kit import OPERATIONS
from tests.unit.components.fake_aws import REGION, arn
from tests.unit.components.operations_kit import ALARMS, WATCHED, operations, plain

TYPES = {"alarm", "log", "metric"}
OPTIONS = {"id", "label", "stat", "visible", "expression"}


def widgets() -> list[dict[str, Any]]:
    body = json.loads(plain().one("Dashboard").inputs["dashboardBody"])
    assert set(body) == {"widgets"}
    found: list[dict[str, Any]] = body["widgets"]
    return found


def titled(title: str) -> dict[str, Any]:
    (widget,) = [one for one in widgets() if one["properties"]["title"] == title]
    return widget


def test_it_has_the_deployments_name_which_is_unique_in_account_and_region() -> None:
    assert operations(deployment="shop-prod").one("Dashboard").inputs["dashboardName"] == "shop-prod"


def test_every_widget_has_its_place_on_the_grid_and_none_is_above_another() -> None:
    places = {(one["x"] + dx, one["y"] + dy) for one in widgets() for dx in range(one["width"]) for dy in range(6)}
    assert len(places) == sum(one["width"] * one["height"] for one in widgets())
    assert all(0 <= x < 24 for x, _ in places)
    assert {one["height"] for one in widgets()} == {6}


def test_it_keeps_cloudwatchs_limits() -> None:
    assert {one["type"] for one in widgets()} == TYPES
    assert len(widgets()) <= 500
    assert all(len(one["properties"].get("metrics", [])) <= 500 for one in widgets())
    assert len({one["properties"]["title"] for one in widgets()}) == len(widgets())


def test_metrics_and_logs_are_those_of_the_providers_region() -> None:
    assert {one["properties"]["region"] for one in widgets() if one["type"] != "alarm"} == {REGION}


def test_it_shows_the_state_of_every_alarm_the_composite_first() -> None:
    (states,) = [one for one in widgets() if one["type"] == "alarm"]
    assert states["properties"]["alarms"] == [
        arn("cloudwatch", "alarm:o-usage-data-at-risk-arn"),
        *(arn("cloudwatch", f"alarm:o-{role}-arn") for role in ALARMS),
    ]


def test_every_row_of_a_graph_is_a_metric_with_its_dimensions_or_metric_math() -> None:
    for widget in widgets():
        for row in widget["properties"].get("metrics", []):
            *named, options = row
            assert set(options) <= OPTIONS, row
            if named:
                assert len(named) % 2 == 0, row
                assert all(isinstance(part, str) and part for part in named), row
                assert {"id", "label", "stat"} <= set(options), row
            else:
                assert {"expression", "label"} <= set(options), row


def test_ids_are_unique_in_a_graph_and_math_uses_no_others() -> None:
    for widget in widgets():
        rows = [row[-1] for row in widget["properties"].get("metrics", [])]
        ids = [row["id"] for row in rows if "id" in row]
        assert len(set(ids)) == len(ids), widget["properties"]["title"]
        assert all(re.fullmatch(r"[a-z]\w*", id_) for id_ in ids), ids
        used = {word for row in rows for word in re.findall(r"\b[a-z]\w*", row.get("expression", ""))}
        assert used <= set(ids), widget["properties"]["title"]


def test_a_sections_alarms_share_a_graph_with_their_threshold() -> None:
    assert titled("freshness: requests-freshness, events-freshness") | {"x": 0, "y": 0} == {
        "type": "metric",
        "x": 0,
        "y": 0,
        "width": 12,
        "height": 6,
        "properties": {
            "title": "freshness: requests-freshness, events-freshness",
            "view": "timeSeries",
            "region": REGION,
            "period": 300,
            "metrics": [
                [
                    *("AWS/Firehose", "DeliveryToIceberg.DataFreshness", "DeliveryStreamName", stream),
                    {"id": id_, "stat": "Maximum", "label": "age in seconds"},
                ]
                for stream, id_ in (("s", "age0"), ("e", "age1"))
            ],
            "annotations": {"horizontal": [{"label": "alarm: freshness", "value": 3600}]},
        },
    }


def test_what_an_alarm_computes_is_shown_and_its_parts_are_not() -> None:
    rows = titled("api-5xx: api-5xx")["properties"]["metrics"]
    stage = ("AWS/ApiGateway", "ApiName", "api", "Stage", "v1")
    assert rows == [
        [
            *(stage[0], name, *stage[1:]),
            {"id": id_, "stat": "Sum", "label": label, "visible": False},
        ]
        for name, id_, label in (("5XXError", "failed0", "requests failed"), ("Count", "requests0", "requests"))
    ] + [
        [
            {
                "expression": "IF(requests0 >= 20, 100 * failed0 / requests0, 0)",
                "label": "api-5xx",
                "id": "result0",
            }
        ]
    ]


def test_every_metric_of_every_alarm_is_on_it() -> None:
    shown = {tuple(row[:-1]) for one in widgets() for row in one["properties"].get("metrics", [])}
    made = {"reconciler": "o-reconciler-function-4444"}
    for alarm in ALARMS.values():
        for metric in alarm.metrics.values():
            dimensions = {key: made.get(str(value), value) for key, value in metric.dimensions.items()}
            named = [part for pair in dimensions.items() for part in pair]
            assert (metric.namespace, metric.name, *named) in shown, alarm.role


def test_it_shows_what_comes_and_goes_what_failed_why_what_it_costs_and_how_far_billing_is() -> None:
    titles = [one.title for one in graphs(WATCHED)]
    assert titles == [
        "Requests and events",
        "Records and rows of API requests",
        "Records and rows of usage events",
        "Difference that reconciliation found",
        "Hours that do not balance",
        "Failures of API requests by reason",
        "API requests that the transform refused",
        "Failures of usage events by reason",
        "usage events that the transform refused",
        "Cost: bytes ingested",
        "Cost: milliseconds of Lambda functions",
        "Cost: bytes that Athena scanned",
        "Bills and invoices by state",
    ]
    assert [one["properties"]["title"] for one in widgets()][1 : 1 + len(titles)] == titles
    duration = next(one for one in graphs(WATCHED) if one.title.startswith("Cost: milliseconds"))
    assert isinstance(duration, Graph)
    functions = [metric.dimensions["FunctionName"] for metric in duration.metrics.values()]
    assert functions == ["t", "t", "planner", "worker", "rollup", "reconciler", "f"]


def test_reasons_come_from_the_log_groups_of_firehose_and_the_transform() -> None:
    sources = [table.log_group for table in graphs(WATCHED) if isinstance(table, LogTable)]
    of_events = OPERATIONS["events"]["stream_log_group_name"]
    assert sources == ["/aws/kinesisfirehose/s", "/aws/lambda/t", of_events, "/aws/lambda/t"]
    assert titled("Failures of API requests by reason")["properties"]["query"] == (
        "SOURCE '/aws/kinesisfirehose/s' | filter ispresent(errorCode) | stats count(*) as times by errorCode, message"
        " | sort times desc"
    )
