"""`make local`'s tenant: a user for the portal, and if wanted an invoice of a month that is over and usage since."""

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console

from billing.config import FINAL_LAG
from billing.moments import moment_text
from embedded_aws.server import EmbeddedAws
from metering_client import StreamSender
from rating.period import Period
from tools import event_balance, late, people
from tools.billing.users import ensure_user
from tools.operator import CommandFailedError, Operator
from tools.outputs import StackOutputs
from tools.usage_events import MODELS, TOKENS, USAGE

TENANT, PLAN = "sample", "team"
EMAIL = "sample@example.com"
_CUSTOMER = "--legal-name 'Sample GmbH' --address 'Hauptstr. 1' --address '10115 Berlin' --country DE --tax-rate 19"
LAST_DAYS, DAYS = 3, 9
"""Days of usage at the end of the month that is over, and before today: each is a file in both tables, which every
query reads, and `make local` shall be quick."""
_DELIVERY_SECONDS = 60
_RECORDS_PER_REQUEST = 500
_MARGIN = timedelta(hours=2)


@dataclass(frozen=True)
class SampleUser:
    """Who can sign in to the portal."""

    email: str
    password: str


class Sample:
    """The sample of a stack that has just been deployed.

    Args:
        aws: the embedded AWS; its clock is turned back for a while.
        outputs: of the stack.
    """

    def __init__(self, aws: EmbeddedAws, outputs: StackOutputs) -> None:
        self._aws, self._outputs = aws, outputs
        # What the commands say is of no interest here.
        self._operator = Operator(outputs, Console(file=io.StringIO()), Path())
        self._types = event_balance.sendable(self._operator.stack.catalog)

    def add_user(self) -> SampleUser:
        """Make the tenant's user, whose password is new each time; billing learns nothing of the tenant."""
        ensure_user(self._outputs, TENANT, EMAIL, invite=False)
        password = people.new_password()
        cognito: Any = self._outputs.session().client("cognito-idp")
        cognito.admin_set_user_password(
            UserPoolId=self._outputs.user_pool_id, Username=EMAIL, Password=password, Permanent=True
        )
        return SampleUser(EMAIL, password)

    def live(self) -> None:
        """Make the tenant a customer, and live through the latest month that can be billed, and the one so far."""
        self._operator.do(f"tenant add {TENANT} --email {EMAIL} {_CUSTOMER} --no-invitation")
        now = self._aws.clock.now()
        final, period = final_run(now, self._operator.stack.parts.settings.grace)
        self._operator.do(f"subscription set {TENANT} {PLAN} --start {period.first_day}")
        try:
            self._aws.clock.set(final - FINAL_LAG - _MARGIN)
            self._use(days(period.end - timedelta(days=LAST_DAYS), period.end))
            self._aws.clock.set(final)
            self._operator.bill(final)
        finally:
            self._aws.clock.set(datetime.now(UTC))
        self._use(days(max(Period.of(now).start, _midnight(now) - timedelta(days=DAYS)), now))
        self._roll_up(self._aws.clock.now().replace(microsecond=0) + timedelta(seconds=1))

    def _roll_up(self, at: datetime) -> None:
        """Sum up the usage of the month so far, and of no other, which billing has done.

        Raises:
            CommandFailedError: the function failed.
        """
        event = {"as_of": moment_text(at), "period": str(Period.of(at))}
        functions: Any = self._outputs.session().client("lambda")
        name = self._outputs.billing_rollup_function_name
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        if "FunctionError" in answer:
            raise CommandFailedError(f"{name}: {answer['Payload'].read().decode(errors='replace')}")

    def _use(self, moments: Iterable[tuple[datetime, int]]) -> None:
        """Put usage on both streams, so many calls and some events at each moment, and have it delivered."""
        used = list(moments)
        firehose: Any = self._outputs.session().client("firehose")
        lines = [{"Data": line} for moment, calls in used for line in late.records(TENANT, moment, calls, "sample")]
        for start in range(0, len(lines), _RECORDS_PER_REQUEST):
            some = lines[start : start + _RECORDS_PER_REQUEST]
            firehose.put_record_batch(DeliveryStreamName=self._outputs.delivery_stream_name, Records=some)
        with StreamSender(
            firehose, self._outputs.usage_events_stream_name, source="https://example.com/sample"
        ) as sender:
            for moment, calls in used:
                if USAGE in self._types:
                    for number in range(1 + calls % 4):
                        sender.record(USAGE, tenant=TENANT, time=moment + timedelta(minutes=number))
                if TOKENS in self._types:
                    for number, model in enumerate(MODELS):
                        data = {"value": Decimal(700 * calls * (number + 1)), "model": model}
                        sender.record(TOKENS, data, tenant=TENANT, time=moment + timedelta(minutes=number))
        self._aws.firehose.flush(timeout=_DELIVERY_SECONDS)


def final_run(now: datetime, grace: timedelta) -> tuple[datetime, Period]:
    """Return the time of the latest final run that can have been, and the month that it makes final."""
    period = Period.of(now).previous
    while period.end + grace > now:
        period = period.previous
    return period.end + grace, period


def days(since: datetime, until: datetime) -> Iterator[tuple[datetime, int]]:
    """Yield for each day a moment in its morning and how many calls there are: fewer at weekends, more as time goes on.

    Args:
        since: the first moment of a day.
        until: all usage of a day is before it.
    """
    moment = since + timedelta(hours=9)
    while moment + timedelta(hours=1) < until:
        weekend = moment.weekday() >= 5  # noqa: PLR2004 - Saturday
        yield moment, 6 + moment.day % 3 if weekend else 24 + moment.day + moment.day * 7 % 11
        moment += timedelta(days=1)


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
