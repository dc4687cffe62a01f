import base64
import gzip
import json

import pytest

from tools.error_records import ErrorRecord, _reasons, _records


def _line(raw: bytes) -> bytes:
    entry = {
        "errorCode": "Lambda.ProcessingFailedStatus",
        "errorMessage": "no",
        "rawData": base64.b64encode(raw).decode(),
    }
    return json.dumps(entry).encode()


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_an_error_object_gives_its_records(pack: type[bytes]) -> None:
    body = pack(_line(b"\xff one") + b"\n" + _line(b"two") + b"\n")
    assert list(_records("errors/x", body)) == [
        ErrorRecord("errors/x", "Lambda.ProcessingFailedStatus", "no", b"\xff one"),
        ErrorRecord("errors/x", "Lambda.ProcessingFailedStatus", "no", b"two"),
    ]


@pytest.mark.parametrize(
    ("message", "reasons"),
    [
        pytest.param(
            '{"level": "WARNING", "failed": 3, "reasons": {"NotJson": 2, "NotUtf8": 1}}',
            {"NotJson": 2, "NotUtf8": 1},
            id="a batch",
        ),
        pytest.param('{"level": "INFO", "failed": 0, "reasons": {}}', {}, id="a batch without failures"),
        pytest.param('{"type": "platform.report"}', {}, id="the platform's line"),
        pytest.param("START RequestId: 1", {}, id="text"),
        pytest.param("[1]", {}, id="no object"),
    ],
)
def test_the_transforms_reasons_are_read_from_its_log(message: str, reasons: dict[str, int]) -> None:
    assert _reasons(message) == reasons
