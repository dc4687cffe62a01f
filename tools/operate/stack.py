"""What the operator's commands work with: a stack's streams, buckets and tables, its time, and who asks."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any

import urllib3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from billing.config import BillingSettings
from billing.dynamo import Table
from billing.lake import AthenaLake
from billing.moments import moment_text
from billing.store import Store
from error_bucket import ErrorBucket, Marks
from events.delivery import Clock, Stream
from metering.records import API_REQUESTS, TABLES, USAGE_EVENTS
from metering.tombstone import ROLE
from rating.catalog import Catalog, parse_catalog
from tools import embedded
from tools.operate.assumed import assumed_session
from tools.operate.at_once import THREADS
from tools.operate.audit import Action, Actions
from tools.operate.sources import Source
from tools.outputs import StackOutputs
from usage.sql import TableName

ALIAS = "live"
"""Of every function of the program."""
CATALOG_FILE = "catalog.json"
"""In the zip of the transform of events."""
_MAY_BE_AHEAD = {"void", "unvoid"}

_CALLS = Config(retries={"mode": "standard", "max_attempts": 8}, max_pool_connections=2 * THREADS)
_PUTS = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 1},  # `events.delivery` does the retries
    max_pool_connections=2 * THREADS,
)


class CodeError(RuntimeError):
    """A function's code cannot be had; the message names it and why."""


class AheadError(ValueError):
    """Something would be done at a time to come; the message names it, the time and now."""


class OperatorStack:
    """One stack, as its operator reaches it.

    Args:
        outputs: of the stack.
        at: the time of the command; None for now.
        as_caller: whether to act with the caller's own permissions instead of the operator's role.
        session: of boto3, that acts; None for one in the operator's role or the caller's own.
        clock: to wait by while a stream refuses records.
        now: tells the time by which the stack lives; None for the embedded AWS's clock, or this machine's.
    """

    def __init__(
        self,
        outputs: StackOutputs,
        at: datetime | None = None,
        *,
        as_caller: bool = False,
        session: Any = None,
        clock: Clock | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self.outputs = outputs
        self.clock = clock or Clock(time.monotonic, time.sleep)
        self._at, self._as_caller, self._session = at, as_caller, session
        self._now = now or (lambda: embedded.now(outputs.endpoint_url))

    @property
    def at(self) -> datetime:
        """The time of the command: as told, else the present."""
        return self._at or self.now

    @property
    def now(self) -> datetime:
        """The present, by the clock by which the stack lives."""
        return self._now()

    @cached_property
    def who(self) -> str:
        """ARN of the identity that asks, before it takes on the operator's role: it stands beside every action."""
        arn: str = self.outputs.session().client("sts").get_caller_identity()["Arn"]
        return arn

    @cached_property
    def session(self) -> Any:
        """The session that acts."""
        if self._session is not None:
            return self._session
        return self.outputs.session() if self._as_caller else assumed_session(self.outputs, self.who)

    @cached_property
    def dynamodb(self) -> Any:
        """Client for DynamoDB."""
        return self.session.client("dynamodb", config=_CALLS)

    @cached_property
    def s3(self) -> Any:
        """Client for S3."""
        return self.session.client("s3", config=_CALLS)

    @cached_property
    def firehose(self) -> Any:
        """Client for Firehose."""
        return self.session.client("firehose", config=_PUTS)

    @cached_property
    def athena(self) -> Any:
        """Client for Athena."""
        return self.session.client("athena", config=_CALLS)

    @cached_property
    def actions(self) -> Actions:
        """Who did what, when and why."""
        return Actions(Table(self.dynamodb, self.outputs.actions_table_name), lambda: self.now)

    def action(
        self, command: str, arguments: Mapping[str, Any], reason: str, at: datetime | None = None
    ) -> AbstractContextManager[Action]:
        """Note an action of the caller's from its beginning to its end, as `Actions.action` does.

        Args:
            command: what is done.
            arguments: with what.
            reason: why.
            at: the command's time, if it was asked for before; None to ask now.

        Raises:
            AheadError: the command's time is ahead, and it is none of a tombstone's, which then waits for it.
        """
        at, now = at or self.at, self.now
        if at > now and command not in _MAY_BE_AHEAD:
            told = f"it is now {moment_text(now)}, got {moment_text(at)}"
            raise AheadError(f"{command}: --at: must not be ahead, for it is kept as when this was done: {told}")
        return self.actions.action(command, arguments, reason=reason, by=self.who, at=at)

    @cached_property
    def marks(self) -> Marks:
        """What was replayed."""
        return Marks(self.dynamodb, self.outputs.actions_table_name)

    @cached_property
    def store(self) -> Store:
        """Bills, periods, and reconciled hours."""
        outputs = self.outputs
        return Store(
            self.dynamodb,
            outputs.subscriptions_table_name,
            outputs.invoices_table_name,
            outputs.reconciliation_table_name,
        )

    @cached_property
    def settings(self) -> BillingSettings:
        """How invoices are made."""
        return BillingSettings.parse(self.outputs.billing_settings)

    @cached_property
    def lake(self) -> AthenaLake:
        """The tables, through Athena."""
        outputs = self.outputs
        return AthenaLake(
            self.athena,
            self.s3,
            workgroup=outputs.athena_workgroup,
            catalog=outputs.athena_catalog,
            database=outputs.database_name,
            names={
                API_REQUESTS.role: outputs.table_name,
                USAGE_EVENTS.role: outputs.usage_events_table_name,
                ROLE: outputs.tombstones_table_name,
            },
        )

    @cached_property
    def catalog(self) -> Catalog:
        """Meters and plans that the transform of events goes by, out of the zip of the version that is live.

        Raises:
            CodeError: its zip cannot be had.
        """
        functions: Any = self.session.client("lambda")
        name = self.outputs.usage_events_transform_function_name
        found = functions.get_function(FunctionName=name, Qualifier=ALIAS)
        try:
            answer = urllib3.request("GET", found["Code"]["Location"], timeout=60)
        except urllib3.exceptions.HTTPError as error:
            raise CodeError(f"code of {name}: cannot be had: {type(error).__name__}") from error
        if answer.status != HTTPStatus.OK:
            raise CodeError(f"code of {name}: cannot be had: answered with {answer.status}")
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            return parse_catalog(json.loads(archive.read(CATALOG_FILE)), TABLES)

    def table(self, role: str) -> TableName:
        """Return the name of a table of records."""
        [found] = [one for one in self.lake.tables() if one.role == role]
        return found

    def errors(self, source: Source) -> ErrorBucket:
        """Return what failed of a source."""
        return ErrorBucket(self.s3, source.error_bucket)

    def stream(self, source: Source) -> Stream:
        """Return the stream of a source."""
        return Stream(self.firehose, source.stream, (ClientError, BotoCoreError), self.clock)
