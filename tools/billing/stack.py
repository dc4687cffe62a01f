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

from billing.config import BillingSettings
from billing.runs import Runs
from billing.store import Store
from metering.records import TABLES
from rating.catalog import Catalog, parse_catalog
from tools import embedded
from tools.outputs import OutputsError, StackOutputs

PROJECT = Path(__file__).resolve().parents[2]
LOCAL_OUTPUTS = PROJECT / ".local" / "outputs.json"
CATALOG_FILE = "catalog.json"
"""In the zip of each billing function."""
Document = dict[str, Any]


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

    @cached_property
    def at(self) -> datetime:
        """The time of the command: as told, else that by which the stack lives."""
        return self._at or embedded.now(self.outputs.endpoint_url)

    @cached_property
    def who(self) -> str:
        """ARN of the identity that asks: it stands beside every hold and void."""
        arn: str = self.session.client("sts").get_caller_identity()["Arn"]
        return arn

    @cached_property
    def settings(self) -> BillingSettings:
        """The operator's settings, as the functions have them."""
        return BillingSettings.parse(self.outputs.billing_settings)

    @cached_property
    def store(self) -> Store:
        """Accounts and bills."""
        names = self.outputs
        return Store(
            self._dynamodb, names.subscriptions_table_name, names.invoices_table_name, names.reconciliation_table_name
        )

    @cached_property
    def runs(self) -> Runs:
        """The lock of final runs, and the counters of numbers."""
        return Runs(self._dynamodb, self.outputs.invoices_table_name)

    @cached_property
    def catalog(self) -> Catalog:
        """Meters and plans that the deployed functions go by, out of the planner's own zip."""
        functions: Any = self.session.client("lambda")
        found = functions.get_function(FunctionName=self.outputs.billing_planner_function_name)
        code = urllib3.request("GET", found["Code"]["Location"], timeout=60).data
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            value = json.loads(archive.read(CATALOG_FILE))
        return parse_catalog(value, {role: table.columns for role, table in TABLES.items()})

    @cached_property
    def _dynamodb(self) -> Any:
        return self.session.client("dynamodb")

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
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self.outputs.invoices_table_name,
            FilterExpression=text,
            ExpressionAttributeNames={"#sk": "sk"},
            ExpressionAttributeValues={f":{name}": {"S": value} for name, value in values.items()},
            ConsistentRead=True,
        )
        for page in pages:
            for item in page["Items"]:
                yield {name: read(value) for name, value in item.items()}

    def read(self, location: str, form: str = "json") -> bytes:
        """Return a document's bytes in one of its forms.

        Args:
            location: stem of its keys.
            form: `json`, `csv` or `html`.
        """
        answer = self.session.client("s3").get_object(Bucket=self.outputs.invoice_bucket_name, Key=f"{location}.{form}")
        body: bytes = answer["Body"].read()
        return body

    def document(self, location: str) -> Document:
        """Return a document."""
        content: Document = json.loads(self.read(location))
        return content


def open_stack(outputs: Path | None, stack: str | None, at: datetime | None) -> BillingStack:
    """Reach a stack.

    Args:
        outputs: file with its outputs; None for `.local/outputs.json`, unless there is a stack's name.
        stack: its name, for Pulumi's CLI.
        at: the time of the command; None for now.

    Raises:
        OutputsError: the stack's outputs cannot be had, or lack something.
    """
    if stack:
        return BillingStack(StackOutputs.from_stack(stack), at)
    if outputs is None and not LOCAL_OUTPUTS.exists():
        raise OutputsError("say which stack: --stack <name> or --outputs <file>, or run `make local`")
    return BillingStack(StackOutputs.from_file(outputs or LOCAL_OUTPUTS), at)
