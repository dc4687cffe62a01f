"""What the customer's functions work with: connected as the environment says."""

import json
import time
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from billing.catalogs import Catalogs
from billing.documents import Documents
from billing.dynamo import Table
from customer.behind import Lines
from customer.downloads import Downloads, signing_client
from customer.invoices import Invoices
from customer.ledger import Ledger
from customer.lines import LineAnswers
from customer.statements import Statements
from metering import tombstone
from metering.records import TABLES
from usage.sql import TableName

_PATIENCE = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "max_attempts": 3})
"""Whoever waits at a page tries again sooner than a batch would."""


def connect_invoices(environment: Mapping[str, str], session: Any = boto3) -> Invoices:
    """Return what answers about documents.

    Args:
        environment: has `INVOICES_TABLE` and `INVOICE_BUCKET`.
        session: of boto3; the default one if absent.

    Raises:
        KeyError: the environment lacks a variable.
    """
    return Invoices(
        _ledger(environment, session),
        Documents(session.client("s3", config=_PATIENCE), environment["INVOICE_BUCKET"]),
        Downloads(signing_client(session)),
    )


def connect_lines(environment: Mapping[str, str], session: Any = boto3) -> LineAnswers:
    """Return what answers about lines.

    Args:
        environment: has `INVOICES_TABLE`, `INVOICE_BUCKET`, `ATHENA_WORKGROUP`, `ATHENA_CATALOG`, `DATABASE_NAME`, and
            `TABLE_NAMES`, an object of names by role, that of tombstones among them.
        session: of boto3; the default one if absent.

    Raises:
        KeyError: the environment lacks a variable.
    """
    s3 = session.client("s3", config=_PATIENCE)
    documents = Documents(s3, environment["INVOICE_BUCKET"])
    catalog, database = environment["ATHENA_CATALOG"], environment["DATABASE_NAME"]
    names: dict[str, str] = json.loads(environment["TABLE_NAMES"])
    tombstones = names[tombstone.ROLE]
    athena = session.client("athena", config=_PATIENCE)
    return LineAnswers(
        Lines(_ledger(environment, session), documents, Catalogs(documents)),
        Statements(athena, s3, workgroup=environment["ATHENA_WORKGROUP"], clock=time.monotonic, pause=time.sleep),
        Downloads(signing_client(session)),
        s3,
        {
            role: TableName(catalog, database, names[role], role, tombstones=tombstones)
            for role in TABLES
            if role in names
        },
    )


def _ledger(environment: Mapping[str, str], session: Any) -> Ledger:
    return Ledger(Table(session.client("dynamodb", config=_PATIENCE), environment["INVOICES_TABLE"]))
