"""`make demo MONTHS=3`: three months of a small business on the embedded AWS's clock, in about a minute."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from embedded_aws.server import EmbeddedAws
from rating.period import Period
from tools import demo_bills, late, people, report, traffic
from tools.balance import BalanceLine
from tools.demo_bills import TENANTS
from tools.lake import Lake
from tools.operator import Operator
from tools.people import User

MONTHS = 3
AUGUST, SEPTEMBER, OCTOBER = (Period(2026, month) for month in (8, 9, 10))
CALLS = 40
"""Real requests in each busy week."""
DELIVERY_SECONDS = 60
_RECORDS_PER_REQUEST = 500


def run(aws: EmbeddedAws, operator: Operator, console: Console) -> bool:
    """Live through the months and print what happens.

    Returns:
        Whether everything adds up.

    Raises:
        CommandFailedError: a command found something wrong.
    """
    with ExitStack() as stack:
        users = stack.enter_context(people.signed_in(operator.stack.outputs, TENANTS[:2], 2, "months"))
        return Business(aws, operator, console, users).live()


class Business:
    """The months, one after the other.

    Args:
        aws: in which all happens.
        operator: who runs the billing.
        console: to print on.
        users: who call the API.
    """

    def __init__(self, aws: EmbeddedAws, operator: Operator, console: Console, users: Sequence[User]) -> None:
        self._aws, self._operator, self._console, self._users = aws, operator, console, users
        self._outputs = operator.stack.outputs
        self._sent = 0

    def live(self) -> bool:
        """Live through all of it; returns whether everything adds up."""
        self._august()
        self._september()
        self._correction()
        end = self._october()
        for period in (AUGUST, SEPTEMBER):
            self._operator.do(f"verify --period {period}")
        lines = [*self._delivery(), *demo_bills.balance(self._operator, [AUGUST, SEPTEMBER, OCTOBER], end)]
        self._console.print(report.balance(lines))
        return all(line.holds for line in lines)

    def _august(self) -> None:
        self._now(2026, 8, 1, 8, "customers, each with a first user and a plan; globex stays on the default plan")
        demo_bills.add_customers(self._operator, AUGUST)
        self._now(2026, 8, 10, 9, "calls, and a busy week's access-log lines")
        self._calls()
        self._lines("acme", datetime(2026, 8, 2, tzinfo=UTC), 6_500)
        self._lines("globex", datetime(2026, 8, 3, tzinfo=UTC), 1_200)
        self._now(2026, 8, 17, 9, "acme changes its plan in mid-month: the month is split by day")
        self._operator.do("subscription set acme enterprise --start 2026-08-17")
        self._lines("acme", datetime(2026, 8, 17, tzinfo=UTC), 600)
        self._bill(2026, 9, 4, "the grace is over: August becomes final", reconciled=True)
        self._operator.do(f"invoices --period {AUGUST}")
        self._operator.show_bills(AUGUST, ["acme", "globex"])

    def _september(self) -> None:
        self._now(2026, 9, 10, 9, "calls in September")
        self._calls()
        self._lines("globex", datetime(2026, 9, 1, tzinfo=UTC), 1_500)
        self._now(2026, 9, 20, 9, "log lines of globex's calls in August arrive: too late for August's invoice")
        self._lines("globex", datetime(2026, 8, 28, tzinfo=UTC), 900)
        self._bill(2026, 10, 4, "September becomes final, with an adjustment of August for globex", reconciled=True)
        self._operator.show_bills(SEPTEMBER, ["globex"])

    def _correction(self) -> None:
        wrong = self._number("acme", SEPTEMBER)
        self._now(2026, 10, 5, 9, "acme's invoice names the wrong company: void, credit note, issued again")
        self._operator.do("customer set acme --legal-name 'Acme Europe GmbH'")
        self._operator.do(f"void {wrong} --reason 'wrong legal name' --reissue")
        self._bill(2026, 10, 6, "the next run issues it again")
        self._operator.do(f"invoices acme --period {SEPTEMBER}")
        self._operator.do(f"show {self._credit_note()}")
        self._operator.show_bills(SEPTEMBER, ["acme"])

    def _october(self) -> datetime:
        self._now(2026, 10, 12, 9, "calls in October")
        self._calls()
        end = self._bill(2026, 11, 1, "October is over, and still a draft through its grace")
        self._operator.do(f"invoices --period {OCTOBER}")
        return end

    def _now(self, year: int, month: int, day: int, hour: int, what: str) -> None:
        moment = datetime(year, month, day, hour, tzinfo=UTC)
        self._operator.embedded.set_clock(moment)
        self._console.print(f"\n[bold]{moment:%Y-%m-%d}[/] {what}", highlight=False, soft_wrap=True)

    def _bill(self, year: int, month: int, day: int, what: str, *, reconciled: bool = False) -> datetime:
        """Have the schedule fire at six in the morning, its time by configuration; returns that time.

        Before, the night's reconciliation looks at the month that is over, if that is to become final now.
        """
        at = datetime(year, month, day, 6, tzinfo=UTC)
        # A minute later: what is fired is late, as in life, and the clock does not run through the scheduled time.
        self._operator.embedded.set_clock(at.replace(minute=1))
        self._console.print(f"\n[bold]{at:%Y-%m-%d}[/] {what}", highlight=False, soft_wrap=True)
        if reconciled:
            self._operator.reconcile_before(at)
        self._operator.bill(at)
        return at

    def _calls(self) -> None:
        calls = traffic.plan(self._users, CALLS, None)
        answers = list(traffic.send(self._outputs.rest_api_url, calls))
        self._sent += len(answers)
        self._aws.firehose.flush(timeout=DELIVERY_SECONDS)

    def _lines(self, tenant: str, since: datetime, count: int) -> None:
        firehose: Any = self._outputs.session().client("firehose")
        lines = late.records(tenant, since, count)
        for start in range(0, count, _RECORDS_PER_REQUEST):
            records = [{"Data": line} for line in lines[start : start + _RECORDS_PER_REQUEST]]
            answer = firehose.put_record_batch(DeliveryStreamName=self._outputs.delivery_stream_name, Records=records)
            self._sent += len(records) - answer["FailedPutCount"]
        self._aws.firehose.flush(timeout=DELIVERY_SECONDS)

    def _number(self, tenant: str, period: Period) -> str:
        head = self._operator.stack.store.head(tenant, period)
        return (head and head.number) or ""

    def _credit_note(self) -> str:
        [note] = self._operator.stack.store.tenant("acme").credit_notes
        return note.number

    def _delivery(self) -> list[BalanceLine]:
        found = Lake(self._outputs).count(None, AUGUST.start)
        return [
            BalanceLine("delivery", "requests and lines sent", self._sent, "rows in the table", found.rows),
            BalanceLine("no duplicates", "rows", found.rows, "distinct keys", found.distinct_keys),
        ]
