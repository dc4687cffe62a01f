"""What a run prints, as it looks on a terminal of 80 columns."""

import io
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

from rich.console import Console

from tools import report
from tools.balance import BalanceLine
from tools.error_records import ErrorRecord
from tools.lake import TenantUsage
from tools.traffic import Answer, Call
from tools.usage_events import API, TOKENS, Sent, plan


def _shown(renderable: object) -> list[str]:
    shown = io.StringIO()
    Console(width=80, file=shown).print(renderable)
    return [line.rstrip() for line in shown.getvalue().splitlines()]


def test_calls_are_counted_by_kind_in_the_order_of_their_names() -> None:
    good, bad = (Call(kind, "/", None, 200, None) for kind in ("good", "bad parameter"))
    answers = [Answer(good, "a", 200), Answer(bad, "b", 400), Answer(good, "c", 500), Answer(good, None, None, "gone")]
    assert _shown(report.calls(answers, 4)) == [
        "Requests",
        "",
        " kind            sent   answers",
        " ──────────────────────────────────────────────",
        " bad parameter      1   400: 1",
        " good               3   200: 1, 500: 1, gone: 1",
        " usage events       4   see below",
        "",
    ]


def test_usage_shows_nobodys_requests_by_that_name() -> None:
    usages = [TenantUsage("acme", 1200, 1000, 3, 45678), TenantUsage(None, 2, 0, 0, 52)]
    assert _shown(report.usage(usages)) == [
        "Usage per tenant, from Athena",
        "",
        " tenant     requests   billable   users   response bytes",
        " ───────────────────────────────────────────────────────",
        " acme          1,200      1,000       3           45,678",
        " (nobody)          2          0       0               52",
        "",
    ]


def test_usage_events_are_shown_by_kind_with_what_they_met() -> None:
    first, _ = plan("acme", API, "r", frozenset({TOKENS}), datetime(2026, 11, 23, tzinfo=UTC))
    sent = [Sent(one, "accepted") if one.is_good else Sent(one, "rejected", "type [x]: unknown") for one in first[:13]]
    assert _shown(report.events(sent)) == [
        "Usage events",
        "",
        " sent to        kind           sent   answers",
        " ────────────────────────────────────────────────────────────────────",
        " POST /events   good             12   accepted: 12",
        " POST /events   unknown type      1   rejected: 1 (type [x]: unknown)",
        "",
    ]


def test_failures_show_the_codes_and_the_transforms_reasons() -> None:
    failed = [ErrorRecord("k", "Lambda.ProcessingFailedStatus", "m", b"") for _ in range(3)]
    assert _shown(report.failures(failed, Counter({"NotJson": 2, "DuplicateKey": 1}))) == [
        "Failed records, and why",
        "",
        " told by               reason                          records",
        " ─────────────────────────────────────────────────────────────",
        " Firehose              Lambda.ProcessingFailedStatus         3",
        " the transform's log   DuplicateKey                          1",
        " the transform's log   NotJson                               2",
        "",
    ]


def test_failures_of_another_stream_name_it() -> None:
    failed = [ErrorRecord("k", "Lambda.ProcessingFailedStatus", "m", b"")]
    assert _shown(report.failures(failed, {}, "usage events"))[0] == "Failed records of usage events, and why"


def test_each_object_is_named_once() -> None:
    failed = [ErrorRecord(key, "c", "m", b"") for key in ("e/1", "e/1", "e/2")]
    assert report.addresses("bucket", failed) == " s3://bucket/e/1\n s3://bucket/e/2"


def test_a_line_that_does_not_hold_stands_out() -> None:
    lines = [
        BalanceLine("all there", "requests sent", 9, "rows", 7),
        BalanceLine("once", "rows", 7, "distinct keys", 7),
    ]
    assert _shown(report.balance(lines)) == [
        "Balance",
        "",
        " requests sent 9   ≠   rows 7            differs by -2",
        " rows 7            =   distinct keys 7   ok",
        "",
    ]


def test_exact_figures_keep_their_digits() -> None:
    lines = [
        BalanceLine("tokens", "tokens", Decimal("1332006.4"), "billed", Decimal("1332006.4")),
        BalanceLine("total", "draft", Decimal("58.30"), "shown", Decimal("1E+3")),
    ]
    assert _shown(report.balance(lines)) == [
        "Balance",
        "",
        " tokens 1,332,006.4   =   billed 1,332,006.4   ok",
        " draft 58.30          ≠   shown 1,000          differs by +941.70",
        "",
    ]
