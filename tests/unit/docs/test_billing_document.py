"""docs/billing.md against the code: its figures, the keys of its items, its events, its recipe of the digest."""

import json
import re
from importlib import import_module
from pathlib import Path
from typing import get_args, get_type_hints

from billing import records
from billing.events import SOURCE
from tests.unit.docs.test_documents import table_rows
from usage.evidence import digest_of

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "billing.md").read_text(encoding="utf-8")


def test_figures_are_those_of_the_code() -> None:
    rows = [row for row in table_rows(TEXT, "### What bounds it") if re.fullmatch(r"`[\w.]+`", row[2])]
    told, found = {}, {}
    for _, value, name in rows:
        module, _, constant = name.strip("`").rpartition(".")
        told[name], found[name] = int(value.replace(",", "")), getattr(import_module(module), constant)
    assert told
    assert told == found


def test_items_are_told_by_the_keys_that_the_code_gives_them() -> None:
    rows = table_rows(TEXT, "## What is kept, and where")
    prefixes = {re.split("[#`<]", row[1].strip("`"))[0] for row in rows if row[0] == "invoices"}
    partitions = {records.TENANT, records.PERIODS, records.FINAL, records.NUMBERS, records.HOLDS, records.OUTBOX, "RUN"}
    assert prefixes == {name.rstrip("#") for name in partitions}
    tenants = {row[2].strip("`").partition("#")[0] for row in rows if row[1].startswith("`TENANT#")}
    assert tenants == {name.rstrip("#") for name in (records.BILL, records.INVOICE, records.CREDIT_NOTE)}


def test_every_event_is_told() -> None:
    kinds = get_args(get_type_hints(records.Event)["detail_type"])
    assert [row[0] for row in table_rows(TEXT, "## Events")] == [f"`{kind}`" for kind in kinds]
    [shown] = re.findall(r"^```json\n(.*?)^```", TEXT.partition("## Events\n")[2], re.DOTALL | re.MULTILINE)
    assert json.loads(shown)["source"] == SOURCE


def test_recipe_of_the_digest_is_that_of_the_evidence() -> None:
    keys = [("JKJaXmPLvHcESHA=",), ("ключ",), ("acme", "/app", "4711")]
    [recipe] = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    values: dict[str, object] = {"keys": keys}
    exec(recipe, values)  # noqa: S102 - the document's own lines
    assert values["text"] == digest_of(keys)
