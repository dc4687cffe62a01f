"""Alarms as definitions: metrics that their services document, CloudWatch's limits, and words that help."""

import re

import pytest

from components import _rules
from components._alarms import AT_RISK, Alarm, at_risk_description, description
from components._dashboard import Graph
from components._graphs import graphs
from components._metrics import Metric
from tests.unit.components.operations_kit import ALARMS, NAMESPACE, WATCHED, alarms_with

DOCUMENTED = {
    "AWS/Firehose": (
        {
            *("DeliveryToIceberg.DataFreshness", "DeliveryToIceberg.FailedRowCount"),
            *("DeliveryToIceberg.SuccessfulRowCount", "ExecuteProcessing.Success"),
            *("IncomingBytes", "IncomingRecords", "ThrottledRecords"),
        },
        {"DeliveryStreamName"},
    ),
    "AWS/Lambda": ({"Duration", "Errors", "Invocations", "Throttles"}, {"FunctionName"}),
    "AWS/ApiGateway": ({"4XXError", "5XXError", "Count"}, {"ApiName", "Stage"}),
    "AWS/SQS": ({"ApproximateNumberOfMessagesVisible"}, {"QueueName"}),
    "AWS/Athena": ({"ProcessedBytes"}, {"QueryState", "QueryType", "WorkGroup"}),
}
"""From each service's list of CloudWatch metrics in AWS's documentation, as far as it is looked at."""
OF_THE_RECONCILER = {"FailedObjects", "FailedRecords", "Missing", "OpenHours", "Unexplained"}
OF_LOGS = {
    *("BillsDraft", "BillsLeft", "EventsAccepted", "EventsUnstored", "InvoicesFinal", "PeriodsRefused"),
    "PeriodsUnfinalized",
}

PIPELINE = (
    *("failed-rows", "freshness", "throttled", "transform-failures"),
    *("transform-errors", "transform-throttles", "transform-duration"),
    *("error-objects", "missing", "unexplained"),
)
DEPLOYMENT = (
    *("events-unstored", "api-5xx", "billing-dead-letters", "billing-missed-run", "billing-unfinalized"),
    *("reconciliation-missed", "reconciliation-errors"),
)


def looked_at() -> list[Metric]:
    of_alarms = [metric for alarm in ALARMS.values() for metric in alarm.metrics.values()]
    shown = [graph for graph in graphs(WATCHED) if isinstance(graph, Graph)]
    return [*of_alarms, *(metric for graph in shown for metric in graph.metrics.values())]


def test_every_alarm_has_a_section_of_the_runbook_and_pipelines_have_the_same() -> None:
    sections = {role: alarm.section for role, alarm in ALARMS.items()}
    assert sections == {
        **{f"{prefix}-{section}": section for prefix in ("requests", "events") for section in PIPELINE},
        **{section: section for section in DEPLOYMENT},
    }


def test_every_metric_and_its_dimensions_are_documented_by_its_service() -> None:
    own = {
        **{name: (name, {"Source"}) for name in OF_THE_RECONCILER},
        **{name: (name, set()) for name in OF_LOGS},
    }
    wrong = []
    for metric in looked_at():
        if metric.namespace == NAMESPACE:
            right = own.get(metric.name) == (metric.name, set(metric.dimensions))
        else:
            names, dimensions = DOCUMENTED[str(metric.namespace)]
            right = metric.name in names and set(metric.dimensions) == dimensions
        if not right:
            wrong.append(metric)
    assert wrong == []


def test_no_documented_metric_is_in_the_table_for_nothing() -> None:
    seen = {(metric.namespace, metric.name) for metric in looked_at() if metric.namespace != NAMESPACE}
    assert seen == {(namespace, name) for namespace, (names, _) in DOCUMENTED.items() for name in names}
    assert {metric.name for metric in looked_at() if metric.namespace == NAMESPACE} == OF_THE_RECONCILER | OF_LOGS


def test_each_alarm_looks_at_its_own_stream_function_and_source() -> None:
    def looks_at(role: str) -> list[tuple[str, dict[str, object]]]:
        return [(metric.name, dict(metric.dimensions)) for metric in ALARMS[role].metrics.values()]

    assert looks_at("requests-failed-rows") == [("DeliveryToIceberg.FailedRowCount", {"DeliveryStreamName": "s"})]
    assert looks_at("events-failed-rows") == [("DeliveryToIceberg.FailedRowCount", {"DeliveryStreamName": "e"})]
    assert looks_at("events-transform-errors") == [("Errors", {"FunctionName": "t"})]
    assert looks_at("requests-missing") == [("Missing", {"Source": "api-requests"})]
    assert looks_at("events-missing") == [("Missing", {"Source": "usage-events"})]
    assert looks_at("billing-unfinalized") == [("PeriodsUnfinalized", {})]
    assert looks_at("billing-missed-run") == [("Invocations", {"FunctionName": "planner"})]
    assert looks_at("reconciliation-missed") == [("Invocations", {"FunctionName": "reconciler"})]
    assert looks_at("api-5xx") == [(name, {"ApiName": "api", "Stage": "v1"}) for name in ("5XXError", "Count")]


@pytest.mark.parametrize("alarm", ALARMS.values(), ids=ALARMS)
def test_an_alarm_keeps_cloudwatchs_limits(alarm: Alarm) -> None:
    assert alarm.period % 60 == 0
    assert 1 <= alarm.at_least <= alarm.of
    assert alarm.period * alarm.of <= (604_800 if alarm.period >= 3600 else 86_400)
    assert 0 <= alarm.warm_up_minutes <= 2880
    assert bool(alarm.expression) == (len(alarm.metrics) > 1)
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9_]*", key) for key in alarm.metrics)
    statistics = {metric.statistic for metric in alarm.metrics.values()}
    assert statistics <= {"Average", "Maximum", "Minimum", "SampleCount", "Sum"}
    assert set(re.findall(r"[a-z]\w*", alarm.expression)) in (set(), set(alarm.metrics))


@pytest.mark.parametrize("alarm", ALARMS.values(), ids=ALARMS)
def test_an_alarms_words_fit_and_say_whose_it_is_what_it_means_and_where_to_look(alarm: Alarm) -> None:
    words = description(alarm, "d" * 200)
    assert len(words) <= 1024
    shape = rf"d{{200}}: [A-Z].+\. First look: [A-Z].+\. Runbook: docs/runbook\.md#{alarm.section}"
    assert re.fullmatch(shape, words)


def test_the_words_of_an_alarm() -> None:
    assert description(ALARMS["requests-error-objects"], "shop-prod") == (
        "shop-prod: The error bucket has API requests that nobody has replayed. Replay them within 60 days: they are"
        " removed after 90. First look: The reasons of the failed records, and whether what made them fail is mended."
        " Runbook: docs/runbook.md#error-objects"
    )
    assert at_risk_description("shop-prod") == (
        "shop-prod: Usage data is at risk: records are lost, held up or not accounted for. Bills may miss usage. First"
        f" look: See which of the alarms behind this one are in ALARM. Runbook: docs/runbook.md#{AT_RISK}"
    )


@pytest.mark.parametrize("alarm", ALARMS.values(), ids=ALARMS)
def test_no_alarm_sends_to_reports_of_calls_which_functions_do_not_log(alarm: Alarm) -> None:
    """Of memory and time only Lambda's own report tells, which is of level INFO: functions log theirs from WARN on."""
    assert "memory" not in alarm.first_look


def test_usage_data_is_at_risk_when_it_is_lost_held_up_or_not_accounted_for() -> None:
    no_risk = {role for role, alarm in ALARMS.items() if not alarm.at_risk}
    assert no_risk == {
        *(f"{p}-transform-{what}" for p in ("requests", "events") for what in ("errors", "throttles", "duration")),
        *("api-5xx", "billing-dead-letters", "billing-missed-run", "billing-unfinalized"),
    }


def test_what_no_data_means_is_chosen_by_what_a_metric_is() -> None:
    treatments: dict[str, set[str]] = {}
    for alarm in ALARMS.values():
        treatments.setdefault(alarm.missing, set()).add(alarm.section)
    assert (
        treatments
        == {
            "breaching": {"billing-missed-run", "reconciliation-missed"},  # silence is what they are about
            "ignore": {"error-objects", "missing", "unexplained", "billing-unfinalized"},  # put by each run, zeros too
            "notBreaching": {*PIPELINE[:7], *DEPLOYMENT}
            - {"billing-missed-run", "billing-unfinalized", "reconciliation-missed"},
        }
    )


def test_silence_is_no_alarm_before_there_could_have_been_a_call() -> None:
    assert {role: alarm.warm_up_minutes for role, alarm in ALARMS.items() if alarm.warm_up_minutes} == {
        "billing-missed-run": 26 * 60,
        "reconciliation-missed": 3 * 60,
    }
    assert alarms_with(missed_run_hours=168)["billing-missed-run"].warm_up_minutes == 2880


@pytest.mark.parametrize("hours", _rules.MISSED_RUN_HOURS)
def test_the_hours_without_a_run_are_the_configured_ones(hours: int) -> None:
    alarm = alarms_with(missed_run_hours=hours)["billing-missed-run"]
    assert (alarm.period, alarm.of, alarm.at_least, alarm.threshold) == (3600, hours, hours, 1)
    assert alarm.period * alarm.of <= 604_800
    assert f"for {hours} hours" in alarm.meaning


def test_freshness_and_the_time_of_the_transform_come_from_what_is_deployed() -> None:
    assert alarms_with(freshness_seconds=900)["events-freshness"].threshold == 900
    assert ALARMS["requests-transform-duration"].threshold == 48_000
