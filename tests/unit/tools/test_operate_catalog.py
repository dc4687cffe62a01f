"""The rules of events, out of the code of the version that is live."""

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import pytest
import urllib3
import yaml

from tests.unit.tools.operate_kit import CATALOG, World, catalog
from tools.operate.stack import CodeError, OperatorStack

ADDRESS = "https://s3.example/code?X-Amz-Signature=s3cr3t"


class FakeLambda:
    def get_function(self, *, FunctionName: str, Qualifier: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        assert (FunctionName, Qualifier) == ("events-transform", "live")
        return {"Code": {"Location": ADDRESS}}


@dataclass
class Fetched:
    status: int
    data: bytes = b""


@pytest.fixture
def stack() -> OperatorStack:
    world = World()
    world.services["lambda"] = FakeLambda()
    del world.stack.__dict__["catalog"]
    return world.stack


def answer(monkeypatch: pytest.MonkeyPatch, given: Fetched | Exception) -> None:
    def request(method: str, address: str, timeout: float) -> Fetched:
        assert (method, address, timeout) == ("GET", ADDRESS, 60)
        if isinstance(given, Exception):
            raise given
        return given

    monkeypatch.setattr(urllib3, "request", request)


def test_the_catalog_is_that_of_the_live_version(stack: OperatorStack, monkeypatch: pytest.MonkeyPatch) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("catalog.json", json.dumps(yaml.safe_load(CATALOG.read_text()), default=str))
    answer(monkeypatch, Fetched(200, code.getvalue()))
    assert stack.catalog == catalog()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (Fetched(403, b"<Error>"), "answered with 403"),
        (urllib3.exceptions.TimeoutError(f"no answer from {ADDRESS}"), "TimeoutError"),
    ],
    ids=["refused", "no answer"],
)
def test_code_that_cannot_be_had_is_told_without_its_signed_address(
    stack: OperatorStack, monkeypatch: pytest.MonkeyPatch, given: Fetched | Exception, why: str
) -> None:
    answer(monkeypatch, given)
    with pytest.raises(CodeError) as refused:
        _ = stack.catalog
    assert str(refused.value) == f"code of events-transform: cannot be had: {why}"
