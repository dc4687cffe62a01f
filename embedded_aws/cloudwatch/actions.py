"""What alarms do when their state changes: they tell SNS topics and EventBridge, and note it in their history."""

import json
import logging
from typing import Any, Final

from embedded_aws import hooks
from embedded_aws.activity import ACTIVITY
from embedded_aws.cloudwatch import messages, moment

_CLOUDWATCH = hooks.use("ministack.services.cloudwatch", "_history_entries", "_ts_iso")
_SNS = hooks.use("ministack.services.sns", "_fanout", "_topics", "topic_policy_allows")
_EVENTS = hooks.use("ministack.services.eventbridge", "_put_events")
_EVALUATOR = hooks.use("ministack.core.iam_evaluator", "pin_request_origin")
_RESPONSES = hooks.use("ministack.core.responses", "get_account_id", "get_region", "new_uuid")
_LOG = logging.getLogger(__name__)

_LISTS: Final = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
_PRINCIPAL: Final = "cloudwatch.amazonaws.com"
_AWS_KEY: Final = "alias/aws/sns"

Alarm = dict[str, Any]


class ActionError(Exception):
    """An action of an alarm that failed; the alarm's history says so."""


def perform(alarm: Alarm, old: str, new: str, reason: str) -> None:
    """Do what an alarm does in its new state; call it in the alarm's account and Region.

    Args:
        alarm: with its new state.
        old: its state before.
        new: its state now.
        reason: why.
    """
    _put_event(alarm, old, new, reason)
    if not alarm.get("ActionsEnabled", True):
        return
    for action in alarm.get(_LISTS[new], []):
        try:
            _notify(action, alarm, old, new, reason)
        except ActionError as error:
            _LOG.warning("%s: its action failed: %s", alarm["AlarmName"], error)
            note(alarm, "Action", f"Failed to execute action {action}", {"actionState": "Failed", "error": str(error)})
        else:
            note(alarm, "Action", f"Successfully executed action {action}", {"actionState": "Succeeded"})


def note(alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> None:
    """Note something in an alarm's history."""
    entry = {
        "AlarmName": alarm["AlarmName"],
        "AlarmType": "CompositeAlarm" if "AlarmRule" in alarm else "MetricAlarm",
        "Timestamp": _CLOUDWATCH._ts_iso(moment.now().timestamp()),
        "HistoryItemType": kind,
        "HistorySummary": summary,
        "HistoryData": json.dumps({"version": "1.0", **data}),
    }
    _CLOUDWATCH._history_entries().append(entry)


def _notify(topic: str, alarm: Alarm, old: str, new: str, reason: str) -> None:
    account, region = _RESPONSES.get_account_id(), _RESPONSES.get_region()
    if topic.split(":")[2:3] != ["sns"]:
        raise ActionError("the embedded AWS executes actions of SNS topics only")
    found = _SNS._topics.get(topic)
    if found is None:
        raise ActionError("Topic does not exist")
    _EVALUATOR.pin_request_origin("127.0.0.1", True)  # services publish over TLS
    if not _SNS.topic_policy_allows(topic, _PRINCIPAL, alarm["AlarmArn"], account):
        raise ActionError(
            f"CloudWatch Alarms is not authorized to perform: SNS:Publish on resource: {topic} because no "
            "resource-based policy allows the SNS:Publish action"
        )
    if found["attributes"].get("KmsMasterKeyId") == _AWS_KEY:
        raise ActionError("CloudWatch Alarms does not have authorization to access the SNS topic encryption key.")
    body = messages.notification(alarm, old, new, reason, (account, region))
    with ACTIVITY.lock:  # it may reach queues
        _SNS._fanout(topic, _RESPONSES.new_uuid(), body, messages.subject(alarm, new, region))


def _put_event(alarm: Alarm, old: str, new: str, reason: str) -> None:
    stamp = moment.text(moment.now())
    state = {"value": new, "reason": reason, "timestamp": stamp}
    if alarm.get("StateReasonData"):
        state["reasonData"] = alarm["StateReasonData"]
    entry = {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Resources": [alarm["AlarmArn"]],
        "Detail": json.dumps(messages.event(alarm, {"value": old}, state)),
    }
    try:
        _EVENTS._put_events({"Entries": [entry]}, allow_aws_source=True)
    except Exception:  # noqa: BLE001 - a rule in trouble must not keep the alarm from its state
        _LOG.exception("%s: its event is lost", alarm["AlarmName"])
