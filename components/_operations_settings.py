"""What the stack's configuration decides about operations."""

from datetime import timedelta
from math import ceil
from typing import TypedDict

from components import _rules
from components._config import ConfigReader
from components._cron import NeverError, longest_gap
from components._ingest_settings import project_and_stack
from components.operations import REPLAY_MARGIN_DAYS


class OperationsSettings(TypedDict):
    """What the configuration decides about `Operations`."""

    deployment: str
    alarm_emails: list[str]
    operators: list[str]
    freshness_alarm_seconds: int
    missed_run_hours: int
    reconciliation_schedule: str
    stream_tolerance_percent: str
    source_tolerance_percent: str
    replay_window_days: int
    log_retention_days: int
    protect: bool


def operations_settings(
    reader: ConfigReader, *, billing_schedule: str, error_retention_days: int, protect: bool, log_retention_days: int
) -> OperationsSettings:
    """Read every key of operations.

    Args:
        reader: of the configuration.
        billing_schedule: when billing runs, as a cron expression in UTC.
        error_retention_days: days that failed records are kept.
        protect: whether what operators did is guarded.
        log_retention_days: days that log events are kept.
    """
    return OperationsSettings(
        deployment=_deployment(reader),
        alarm_emails=list(reader.texts("alarmEmails", _rules.EMAIL)),
        operators=list(reader.texts("operatorPrincipals", _rules.PRINCIPAL_ARN)),
        freshness_alarm_seconds=reader.integer("freshnessAlarmSeconds", 3600, _rules.FRESHNESS_ALARM_SECONDS),
        missed_run_hours=_missed_run_hours(reader, billing_schedule),
        reconciliation_schedule=reader.text("reconciliationSchedule", _rules.AFTER_EACH_HOUR, _rules.EVERY_HOUR_CRON),
        stream_tolerance_percent=reader.text("streamTolerancePercent", "0", _rules.PERCENT),
        source_tolerance_percent=reader.text("sourceTolerancePercent", "0.01", _rules.PERCENT),
        replay_window_days=_replay_window_days(reader, error_retention_days),
        log_retention_days=log_retention_days,
        protect=protect,
    )


def _deployment(reader: ConfigReader) -> str:
    name = reader.text("deploymentName", "") or project_and_stack()
    if not _rules.DEPLOYMENT_NAME.holds(name):
        rule = f"the name, <project>-<stack> if empty, {_rules.DEPLOYMENT_NAME.says}"
        reader.reject("deploymentName", rule, name)
    return name


def _missed_run_hours(reader: ConfigReader, schedule: str) -> int:
    """Read after how many hours without a run that is an alarm: more than there are between two runs.

    Not as many: the alarm counts whole hours, and a run a minute late may be of the next one.
    """
    hours = reader.integer("missedRunHours", 26, _rules.MISSED_RUN_HOURS)
    if reader.rejected & {"billingSchedule", "missedRunHours"}:
        return hours
    try:
        gap = longest_gap(schedule)
    except NeverError:
        reader.reject("billingSchedule", "must name moments that come again", schedule)
        return hours
    if gap is None or timedelta(hours=hours) > gap:
        return hours
    apart, most = ceil(gap / timedelta(hours=1)), _rules.MISSED_RUN_HOURS[1]
    if most and apart >= most:
        rule = f"must have runs at most {most - 1} hours apart, for missedRunHours must be more and is {most} at most"
        reader.reject("billingSchedule", f"{rule}; its runs are up to {apart} apart", schedule)
    else:
        rule = f"must be more than {apart}, the hours that runs of billingSchedule {schedule} are apart at most"
        reader.reject("missedRunHours", rule, hours)
    return hours


def _replay_window_days(reader: ConfigReader, error_retention_days: int) -> int:
    days = reader.integer("replayWindowDays", 60, _rules.DAYS)
    if days + REPLAY_MARGIN_DAYS > error_retention_days and "errorRetentionDays" not in reader.rejected:
        rule = f"must be {REPLAY_MARGIN_DAYS} less than errorRetentionDays, which is {error_retention_days}, or fewer"
        reader.reject("replayWindowDays", rule, days)
    return days
