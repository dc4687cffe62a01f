import pytest

from tools.error_records import _reasons


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
