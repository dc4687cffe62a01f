"""Athena and the bucket of its answers in memory: a query goes through states, its answer is made of its text."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError


@dataclass
class FakeAthena:
    """Every query goes through `states`, the last of which it keeps; `answer` makes its file of its text.

    A client of boto3 for Athena and for S3 in one.
    """

    answer: Callable[[str], bytes] = lambda _: b'"n"\n'
    states: tuple[str, ...] = ("SUCCEEDED",)
    started: list[str] = field(default_factory=list)
    """Texts of the queries that were run."""
    objects: dict[str, bytes] = field(default_factory=dict)
    now: float = 1000.0
    pauses: list[float] = field(default_factory=list)
    tokens: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Token -> query and its text."""
    left: dict[str, Iterator[str]] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)

    def start_query_execution(self, *, QueryString: str, WorkGroup: str, ClientRequestToken: str) -> Any:  # noqa: N803
        assert WorkGroup == "workgroup"
        assert 32 <= len(ClientRequestToken) <= 128
        query_id, text = self.tokens.setdefault(ClientRequestToken, (f"q-{len(self.tokens) + 1}", QueryString))
        if text != QueryString:
            error = {"Code": "InvalidRequestException", "Message": "Idempotent parameters do not match"}
            raise ClientError({"Error": error}, "StartQueryExecution")
        if query_id not in self.left:
            self.started.append(text)
            self.left[query_id] = iter(self.states)
        return {"QueryExecutionId": query_id}

    def get_query_execution(self, *, QueryExecutionId: str) -> Any:  # noqa: N803
        state = next(self.left[QueryExecutionId], self.last.get(QueryExecutionId, ""))
        if state == "SUCCEEDED" and self.last.get(QueryExecutionId) != state:
            [text] = [text for query_id, text in self.tokens.values() if query_id == QueryExecutionId]
            self.objects[f"usage/{QueryExecutionId}.csv"] = self.answer(text)
        self.last[QueryExecutionId] = state
        execution = {
            "QueryExecutionId": QueryExecutionId,
            "Status": {"State": state, "StateChangeReason": "SELECT secret"},
            "ResultConfiguration": {"OutputLocation": f"s3://answers/usage/{QueryExecutionId}.csv"},
        }
        return {"QueryExecution": execution}

    def head_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: N803
        assert Bucket == "answers"
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "404", "Message": "Not Found"}}, "HeadObject")
        return {"ContentLength": len(self.objects[Key])}

    def get_object(self, *, Bucket: str, Key: str, Range: str) -> Any:  # noqa: N803
        assert Bucket == "answers"
        [(first, last)] = re.findall(r"bytes=(\d+)-(\d+)", Range)
        content = self.objects[Key]
        part = content[int(first) : int(last) + 1]
        told = f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"
        return {"Body": io.BytesIO(part), "ContentRange": told}

    def clock(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
