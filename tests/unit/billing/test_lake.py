"""The lake through Athena: how an answer is waited for and read; the queries themselves are in `tests.unit.usage`."""

import io
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from billing import lake as module
from billing.lake import AthenaLake, QueryError
from usage.sql import TableName

ANSWER = '"tenant","rows"\n"acme","1"\n"two\r\nlines, or ""3""",\n"租户-😀","12"\n'
ROWS = [["acme", "1"], ['two\r\nlines, or "3"', ""], ["租户-😀", "12"]]

NAMES = {"api-requests": "requests", "tombstones": "voids"}


@dataclass
class FakeAthena:
    """Athena whose one query goes through some states, and S3 with its answer."""

    states: list[str]
    content: bytes = ANSWER.encode()
    location: str = "s3://answers/some/where.csv"
    pauses: list[float] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)

    def start_query_execution(self, *, QueryString: str, WorkGroup: str) -> dict[str, str]:  # noqa: N803
        assert (QueryString, WorkGroup) == ("SELECT 1", "workgroup")
        return {"QueryExecutionId": "q-1"}

    def get_query_execution(self, *, QueryExecutionId: str) -> dict[str, Any]:  # noqa: N803
        assert QueryExecutionId == "q-1"
        state = self.states.pop(0)
        reason = {"StateChangeReason": "the table is on fire"} if state == "FAILED" else {}
        status = {"State": state, **reason}
        return {
            "QueryExecution": {
                "QueryExecutionId": QueryExecutionId,
                "Status": status,
                "ResultConfiguration": {"OutputLocation": self.location},
            },
        }

    def get_object(self, *, Bucket: str, Key: str, Range: str) -> dict[str, Any]:  # noqa: N803
        assert (Bucket, Key) == ("answers", "some/where.csv")
        self.ranges.append(Range)
        [(first, last)] = re.findall(r"bytes=(\d+)-(\d+)", Range)
        part = self.content[int(first) : int(last) + 1]
        told = f"bytes {first}-{int(first) + len(part) - 1}/{len(self.content)}"
        return {"Body": io.BytesIO(part), "ContentRange": told}

    def lake(self) -> AthenaLake:
        named = {"workgroup": "workgroup", "catalog": "c", "database": "d", "names": NAMES}
        return AthenaLake(self, self, **named, pause=self.pauses.append)  # type: ignore[arg-type]


def test_tables_are_those_that_the_lake_is_told_of() -> None:
    assert FakeAthena([]).lake().tables() == [TableName("c", "d", "requests", "api-requests", tombstones="voids")]


def test_an_answer_is_waited_for_with_ever_longer_pauses() -> None:
    athena = FakeAthena(["QUEUED", *["RUNNING"] * 6, "SUCCEEDED"])
    answer = athena.lake().query("SELECT 1")
    assert (answer.query_id, answer.header, list(answer.rows)) == ("q-1", ["tenant", "rows"], ROWS)
    assert athena.pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.0, 3.0]


@pytest.mark.parametrize("size", [*range(1, 12), len(ANSWER.encode())])
def test_an_answer_is_the_same_by_parts_of_any_size(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(module, "_PART_BYTES", size)
    answer = FakeAthena(["SUCCEEDED"]).lake().query("SELECT 1")
    assert (answer.header, list(answer.rows)) == (["tenant", "rows"], ROWS)


def test_an_answer_is_read_by_one_request_per_part_and_only_as_far_as_it_is_asked_for() -> None:
    line = b'"tenant-with-a-name","12345"\n'
    content = b'"tenant","rows"\n' + 100_000 * line
    athena = FakeAthena(["SUCCEEDED"], content)
    answer = athena.lake().query("SELECT 1")
    assert next(answer.rows) == ["tenant-with-a-name", "12345"]
    assert athena.ranges == ["bytes=0-1048575"]
    assert sum(1 for _ in answer.rows) == 99_999
    assert athena.ranges == ["bytes=0-1048575", "bytes=1048576-2097151", "bytes=2097152-3145727"]


@pytest.mark.parametrize(
    ("athena", "problem"),
    [
        (FakeAthena(["RUNNING", "FAILED"]), "query q-1 failed: the table is on fire"),
        (FakeAthena(["CANCELLED"]), "query q-1 cancelled: no reason given"),
        (
            FakeAthena(["SUCCEEDED"], location="elsewhere"),
            "query q-1: its answer must be in S3, is in {'OutputLocation': 'elsewhere'}",
        ),
    ],
    ids=["failed", "cancelled", "elsewhere"],
)
def test_a_query_without_an_answer_is_an_error_that_says_why(athena: FakeAthena, problem: str) -> None:
    with pytest.raises(QueryError, match=f"^{re.escape(problem)}$"):
        athena.lake().query("SELECT 1")
