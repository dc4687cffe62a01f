"""What the billing commands work with: a stack's tables, documents and functions, its time, and who asks."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import urllib3
from boto3.dynamodb.types import TypeDeserializer

from billing.config import BillingSettings, Config
from billing.documents import Documents
from billing.parts import Parts, connect
from billing.recount import Recounter
from billing.store import Store
from billing.verify import Verifier
from billing.void import Voider
from metering import tombstone
from metering.records import API_REQUESTS, TABLES, USAGE_EVENTS
from rating.catalog import Catalog, parse_catalog
from tools import embedded
from tools.command.options import find_outputs
from tools.outputs import StackOutputs

ALIAS = "live"
"""Of every function of the program."""
CATALOG_FILE = "catalog.json"
"""In the zip of each billing function."""


class NotFoundError(ValueError):
    """There is no such invoice, document or tenant; the message names it."""


class BillingStack:
    """The billing of one stack.

    Args:
        outputs: of the stack.
        at: the time of the command; None for now.
    """

    def __init__(self, outputs: StackOutputs, at: datetime | None = None) -> None:
        self.outputs = outputs
        self.session = outputs.session()
        self._at = at

    @property
    def at(self) -> datetime:
        """The time of the command: as told, else that by which the stack lives."""
        return self._at or embedded.now(self.outputs.endpoint_url)

    @cached_property
    def who(self) -> str:
        """ARN of the identity that asks: it stands beside every hold and void."""
        arn: str = self.session.client("sts").get_caller_identity()["Arn"]
        return arn

    @cached_property
    def parts(self) -> Parts:
        """What the billing functions work with, reached with the operator's own permissions."""
        outputs = self.outputs
        queues: Any = self.session.client("sqs")
        config = Config(
            subscriptions_table=outputs.subscriptions_table_name,
            invoices_table=outputs.invoices_table_name,
            reconciliation_table=outputs.reconciliation_table_name,
            invoice_bucket=outputs.invoice_bucket_name,
            task_queue_url=queues.get_queue_url(QueueName=outputs.billing_queue_name)["QueueUrl"],
            dead_letter_queue_url=outputs.billing_dead_letter_queue_url,
            athena_workgroup=outputs.athena_workgroup,
            athena_catalog=outputs.athena_catalog,
            database_name=outputs.database_name,
            table_names={
                API_REQUESTS.role: outputs.table_name,
                USAGE_EVENTS.role: outputs.usage_events_table_name,
                tombstone.ROLE: outputs.tombstones_table_name,
            },
            settings=BillingSettings.parse(outputs.billing_settings),
            planner_function=outputs.billing_planner_function_name,
        )
        return connect(config, None, self.session)

    @property
    def store(self) -> Store:
        """Accounts and bills."""
        return self.parts.store

    @property
    def documents(self) -> Documents:
        """The invoice bucket."""
        return self.parts.documents

    @property
    def voider(self) -> Voider:
        """Takes invoices back."""
        parts = self.parts
        return Voider(parts.store, parts.runs, parts.documents, parts.outbox, parts.settings)

    @property
    def verifier(self) -> Verifier:
        """Counts invoices anew."""
        return Verifier(self.store, Recounter(self.parts.lake, self.parts.catalogs))

    @cached_property
    def catalog(self) -> Catalog:
        """Meters and plans that the deployed functions go by, out of the planner's own zip."""
        functions: Any = self.session.client("lambda")
        found = functions.get_function(FunctionName=self.outputs.billing_planner_function_name, Qualifier=ALIAS)
        code = urllib3.request("GET", found["Code"]["Location"], timeout=60).data
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            value = json.loads(archive.read(CATALOG_FILE))
        return parse_catalog(value, TABLES)

    def find(self, number: str) -> Mapping[str, Any]:
        """Return the item of an invoice or a credit note by its number alone; reads the whole table of bills.

        Raises:
            NotFoundError: there is none.
        """
        for item in self.scan(
            "#sk = :invoice OR #sk = :note", invoice=f"INVOICE#{number}", note=f"CREDIT_NOTE#{number}"
        ):
            return item
        raise NotFoundError(f"number {number}: must be of an invoice or a credit note, is of none")

    def scan(self, text: str, **values: str) -> Iterator[Mapping[str, Any]]:
        """Yield the items of the table of bills for which a condition on their sort keys holds.

        Every item of the table is read: for an operator, who is not in a hurry; no function does so.

        Args:
            text: the condition, `#sk` for the sort key, `:name` for a value.
            values: by name.
        """
        read = TypeDeserializer().deserialize
        pages = (
            self.session.client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=self.outputs.invoices_table_name,
                FilterExpression=text,
                ExpressionAttributeNames={"#sk": "sk"},
                ExpressionAttributeValues={f":{name}": {"S": value} for name, value in values.items()},
                ConsistentRead=True,
            )
        )
        for page in pages:
            for item in page["Items"]:
                yield {name: read(value) for name, value in item.items()}


def open_stack(outputs: Path | None, stack: str | None, at: datetime | None) -> BillingStack:
    """Reach a stack.

    Args:
        outputs: file with its outputs; None for `.local/outputs.json`, unless there is a stack's name.
        stack: its name, for Pulumi's CLI.
        at: the time of the command; None for now.

    Raises:
        OutputsError: the stack's outputs cannot be had, or lack something.
    """
    return BillingStack(find_outputs(outputs, stack), at)
