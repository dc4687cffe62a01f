import re
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.usage.usage_kit import CUTOFF, PERIOD, TABLE, meter, named
from usage import spans as module
from usage.failure import QueryTextError
from usage.spans import LONGEST_QUERY, Span, span_queries

METERS = named(meter("calls"))
FIRST, MIDDLE, END = PERIOD.first_day, date(2026, 2, 15), PERIOD.end_day
FRAME = len(next(span_queries(METERS, [Span("", 0, FIRST, END)], CUTOFF, TABLE, 35))[0].encode())


def halves(tenant_id: str, middle: date = MIDDLE) -> list[Span]:
    return [Span(tenant_id, 0, FIRST, middle), Span(tenant_id, 1, middle, END)]


def queries(spans: Iterable[Span], longest: int = LONGEST_QUERY) -> list[tuple[str, tuple[Span, ...]]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LONGEST_QUERY", longest)
        return list(span_queries(METERS, spans, CUTOFF, TABLE, 35))


def test_tenants_with_the_same_spans_share_them() -> None:
    [(query, asked)] = queries([*halves("a'b"), *halves("c"), Span("d", 4, date(2026, 2, 27), END)])
    assert asked == (*halves("a'b"), *halves("c"), Span("d", 4, date(2026, 2, 27), END))
    tenants, rest = query.split(" AS records\nJOIN ", 1)
    assert tenants.endswith('\nFROM "s3tablescatalog/lake"."metering"."api_requests"')
    of_tenants, spans = rest.split(") AS records\nJOIN ", 1)
    assert of_tenants.startswith(
        "(VALUES\n('a''b', 0),\n('c', 0),\n('d', 1)\n) AS tenants (tenant, pattern)\n"
        '  ON tenants.tenant = records."tenant_id"\n'
        "WHERE "
    )
    assert spans.startswith(
        "(VALUES\n"
        "(0, 0, DATE '2026-02-01', DATE '2026-02-15'),\n"
        "(0, 1, DATE '2026-02-15', DATE '2026-03-01'),\n"
        "(1, 4, DATE '2026-02-27', DATE '2026-03-01')\n"
        ") AS spans (pattern, segment, first_day, end_day)\n"
        '  ON spans.pattern = records.pattern AND date(records."request_time") >= spans.first_day '
        'AND date(records."request_time") < spans.end_day\n'
        ") AS counted\n"
    )
    assert "\n  spans.segment AS segment,\n" in query


def test_no_spans_need_no_query() -> None:
    assert queries([]) == []


@given(
    tenants=st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=60), st.integers(1, 27), min_size=1, max_size=25
    ),
    room=st.integers(500, 2000),
)
def test_queries_stay_below_the_limit_and_no_tenant_is_parted(tenants: dict[str, int], room: int) -> None:
    spans = [span for name in sorted(tenants) for span in halves(name, FIRST + timedelta(days=tenants[name]))]
    found = queries(spans, FRAME + room)
    assert [span for _, asked in found for span in asked] == spans
    assert [query for query, _ in found] == [queries(asked)[0][0] for _, asked in found]
    assert max(len(query.encode()) for query, _ in found) < FRAME + room
    of_queries = [[name for name, _ in groupby(asked, lambda span: span.tenant_id)] for _, asked in found]
    assert [name for names in of_queries for name in names] == sorted(tenants)


def test_a_query_is_as_long_as_athena_takes() -> None:
    found = queries([span for number in range(20_000) for span in halves(f"{number:036}")])
    lengths = [len(query.encode()) for query, _ in found]
    assert len(lengths) == 4
    assert [LONGEST_QUERY - 60 < length < LONGEST_QUERY for length in lengths[:-1]] == [True] * 3


def test_only_one_querys_spans_are_held() -> None:
    taken: list[str] = []

    def endless() -> Iterable[Span]:
        for number in range(10**9):
            taken.append(f"{number:036}")
            yield from halves(taken[-1])

    _, asked = next(span_queries(METERS, endless(), CUTOFF, TABLE, 35))
    assert [span.tenant_id for span in asked[::2]] == taken[: len(asked) // 2]
    assert len(taken) - len(asked) // 2 <= 2


@pytest.mark.parametrize(
    ("spans", "problem"),
    [
        ([*halves("b"), *halves("a")], "spans must be ordered by tenant, got 'a' after 'b'"),
        ([*halves("a"), *halves("b"), *halves("a")], "spans must be ordered by tenant, got 'a' after 'b'"),
        (
            [Span("a", 0, FIRST, END + timedelta(days=1))],
            "span of tenant 'a' must have days of 2026-02, got 2026-02-01 to",
        ),
        ([Span("a", 0, MIDDLE, MIDDLE)], "span of tenant 'a' must have days of 2026-02, got 2026-02-15 to 2026-02-15"),
        (
            [*halves("a"), Span("b", 0, date(2026, 3, 1), date(2026, 3, 2))],
            "span of tenant 'b' must have days of 2026-02",
        ),
        (
            [Span("a", 0, FIRST, END), Span("a", 1, MIDDLE, END)],
            "spans of tenant 'a' must follow one another, got 1 from 2026-02-15 after 0 until 2026-03-01",
        ),
        (
            [Span("a", 1, FIRST, MIDDLE), Span("a", 1, MIDDLE, END)],
            "spans of tenant 'a' must follow one another, got 1 from 2026-02-15 after 1 until 2026-02-15",
        ),
    ],
)
def test_spans_that_would_count_a_row_twice_or_not_at_all_are_refused(spans: list[Span], problem: str) -> None:
    with pytest.raises(QueryTextError, match=r"^" + re.escape(problem)):
        queries(spans)


def test_a_tenant_that_fits_no_query_is_refused() -> None:
    with pytest.raises(QueryTextError, match=r"^tenant 'aaa"):
        queries([*halves("a" * 500)], FRAME + 400)
