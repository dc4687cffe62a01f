"""Firehose and DynamoDB for `POST /events`, in memory."""

from collections import Counter
from typing import Any

from botocore.exceptions import ClientError

from billing.records import PeriodRecord
from rating.period import Period
from tests.unit.billing.fake_dynamo import FakeDynamo

FINAL = "2025-11"
"""The one month whose bills are final."""
MOST_RECORDS, MOST_BYTES = 2, 1200
"""Of one call, in the place of Firehose's 500 and 4 MiB."""
LIMITED = "limited"
"""The one tenant who is over a limit."""


class FakeFirehose:
    """Keeps what is put. Told to be troubled, it refuses each record that has a 7 in it the first two times, fails each
    fifth call, and refuses for good what has a 9 in it."""

    def __init__(self) -> None:
        self.clear()

    def clear(self, *, troubled: bool = False) -> None:
        self.stored: list[bytes] = []
        self.troubled, self._calls, self._tries = troubled, 0, Counter[bytes]()

    def put_record_batch(self, *, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> Any:  # noqa: N803
        assert DeliveryStreamName == "usage"
        assert 0 < len(Records) <= MOST_RECORDS
        assert sum(len(record["Data"]) for record in Records) <= MOST_BYTES or len(Records) == 1
        self._calls += 1
        if self.troubled and self._calls % 5 == 0:
            raise ClientError({"Error": {"Code": "ServiceUnavailableException"}}, "PutRecordBatch")
        answers = [self._put(record["Data"]) for record in Records]
        return {"FailedPutCount": sum("ErrorCode" in answer for answer in answers), "RequestResponses": answers}

    def _put(self, raw: bytes) -> dict[str, str]:
        self._tries[raw] += 1
        refused = b"9" in raw or (b"7" in raw and self._tries[raw] % 3)
        if self.troubled and refused:
            return {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}
        self.stored.append(raw)
        return {"RecordId": "r"}


class Tables(FakeDynamo):
    """DynamoDB with one tenant over its limit."""

    def __init__(self) -> None:
        super().__init__(lambda _write: lambda: None, lambda: None)
        item = PeriodRecord(Period.parse(FINAL), "open", "2025-12-03T06:00:00Z").to_item()
        self.tables["invoices"]["PERIODS", FINAL] = item

    def get_item(self, *, TableName: str, Key: Any, **_projection: Any) -> Any:  # noqa: N803
        assert TableName == "usage"
        if Key["tenant_id"]["S"] != LIMITED:
            return {}
        over = {"meter": {"S": "tokens"}, "limit": {"S": "10"}, "used": {"S": "11"}}
        return {"Item": {"over": {"L": [{"M": over}]}, "as_of": {"S": "2025-12-31T22:05:00Z"}}}


class Aws:
    """What the function reaches: its clients, by the names of their services; and a clock that runs with its waits."""

    def __init__(self) -> None:
        self.firehose, self.dynamodb = FakeFirehose(), Tables()
        self._seconds = 0.0

    def client(self, service: str, **_settings: Any) -> Any:
        return vars(self)[service]

    def monotonic(self) -> float:
        self._seconds += 0.3  # what is done takes time
        return self._seconds

    def sleep(self, seconds: float) -> None:
        self._seconds += seconds
