"""Months that count as reconciled without anybody reconciling them: for tests of what comes after."""

from datetime import timedelta
from typing import Any

from boto3.dynamodb.conditions import Key

from billing.moments import moment_text
from billing.reconciliation import PERIOD
from metering.records import TABLES
from rating.period import Period
from tools.outputs import StackOutputs


def leave_reconciled(outputs: StackOutputs, period: Period) -> None:
    """Let each hour of a month that nobody has reconciled be balanced, and the month as a whole."""
    dynamodb: Any = outputs.session().resource("dynamodb")
    table = dynamodb.Table(outputs.reconciliation_table_name)
    hours = [moment_text(period.start + timedelta(hours=number)) for number in range(period.days * 24)]
    balanced = {"state": "balanced", "missing": 0, "unexplained": 0, "failed": 0, "figures": {}, "checks": 1}
    checked = {**balanced, "checked_at": moment_text(period.end + timedelta(hours=4))}
    for role in TABLES:
        whole = f"{PERIOD}{period}"
        known: set[Any] = set()
        for first, last in ((hours[0], hours[-1]), (whole, whole)):
            found = table.query(KeyConditionExpression=Key("source").eq(role) & Key("hour").between(first, last))
            known |= {item["hour"] for item in found["Items"]}
        with table.batch_writer() as batch:
            for hour in (*hours, whole):
                if hour not in known:
                    batch.put_item(Item={"source": role, "hour": hour, **checked})
