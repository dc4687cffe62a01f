"""`make bench` runs and prints its line; how fast the transform is, is the bench's to say and no test's."""

import re

import pytest

from tests.bench import transform_bench


def test_the_bench_takes_enough_rounds_and_prints_the_ratio(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert transform_bench.ROUNDS >= 15
    monkeypatch.setattr(transform_bench, "ROUNDS", 1)
    monkeypatch.setattr(transform_bench, "BATCHES_PER_ROUND", 1)
    monkeypatch.setattr(transform_bench, "RECORDS_PER_BATCH", 10)
    transform_bench.main()
    lines = capsys.readouterr().out.splitlines()
    assert [re.sub(r"[0-9][0-9,.]*", "N", line) for line in lines] == [
        "floor: N records/s",
        "transform: N records/s",
        "transform of reordered lines: N records/s",
        "transform/floor ratio N",
        "transform of reordered lines/floor ratio N",
    ]
    assert re.fullmatch(r"transform/floor ratio \d\.\d\d", lines[3])


def test_a_bench_of_records_that_fail_is_none() -> None:
    with pytest.raises(ValueError, match=r"benchmark records must be valid, not \{.*NotBase64"):
        transform_bench.transform_all({"records": [{"recordId": "1", "data": "?"}]})
