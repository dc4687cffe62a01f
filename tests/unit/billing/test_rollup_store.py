"""An item's body: packed so that it fits, and read back as it was."""

import json
import random
import zlib
from typing import Any

import pytest

from billing import rollup_store
from billing.rollup_store import packed

chosen = random.Random(5)  # noqa: S311 - no secret


def body(*meters: list[tuple[str, int]], noise: int = 0, lines: int = 0) -> dict[str, Any]:
    """Return a body with groups by name and quantity; `noise` random digits in each keep it from being compressed."""
    digits = "".join(chosen.choices("0123456789abcdef", k=noise))
    by_meter = [[_group(f"{name}{digits}{number}", number, noise) for name, number in groups] for groups in meters]
    line = {"key": "k", "groups": by_meter[0] if by_meter else []}
    return {
        "meters": [
            {"meter": f"m{place}", "quantity": "9", "by_dimension": groups, "dimensions_omitted": 0}
            for place, groups in enumerate(by_meter)
        ],
        "bill": {"lines": [line] * lines, "total": "1.00"} if lines else None,
    }


def _group(name: str, quantity: int, noise: int) -> dict[str, Any]:
    text = "".join(chosen.choices("0123456789abcdef", k=noise))
    return {"dimensions": {"route": name}, "quantity": str(quantity), "by_day": [{"day": text, "quantity": "1"}]}


def shape(value: Any) -> list[tuple[int, int]]:
    return [(len(meter["by_dimension"]), meter["dimensions_omitted"]) for meter in value["meters"]]


def unpacked(value: bytes) -> Any:
    assert len(value) <= rollup_store.LARGEST_ITEM
    text = zlib.decompress(value)
    assert len(text) <= rollup_store.LARGEST_BODY
    return json.loads(text)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let little be too much: what holds for a few thousand bytes is as quickly seen as it is true."""
    monkeypatch.setattr(rollup_store, "LARGEST_ITEM", 7000)
    monkeypatch.setattr(rollup_store, "LARGEST_BODY", 60_000)


@pytest.mark.parametrize("value", [body(), body([("/ä\u0001", 1)]), body([("/a", 3), ("/b", 2)], [], lines=2)])
def test_what_fits_is_kept_whole(value: dict[str, Any]) -> None:
    assert unpacked(packed(value)) == value


def test_the_smallest_groups_of_each_meter_and_line_go_first() -> None:
    many = [("/a", number) for number in range(500)]
    value = body(many, [("/few", 1), ("/few", 2)], noise=40, lines=1)
    found = unpacked(packed(value))
    [(kept, omitted), few] = shape(found)
    assert (kept + omitted, few) == (500, (2, 0))
    assert 50 < kept < 250
    assert found["meters"][0]["by_dimension"] == value["meters"][0]["by_dimension"][-kept:]
    [line] = found["bill"]["lines"]
    assert (line["groups"], line["groups_omitted"]) == (value["bill"]["lines"][0]["groups"][-kept:], omitted)
    assert (found["meters"][0]["quantity"], found["bill"]["total"]) == ("9", "1.00")


def test_what_was_left_out_before_is_counted_too() -> None:
    value = body([("/a", number) for number in range(300)], noise=60, lines=1)
    value["meters"][0]["dimensions_omitted"] = value["bill"]["lines"][0]["groups_omitted"] = 5
    found = unpacked(packed(value))
    [(kept, omitted)] = shape(found)
    [line] = found["bill"]["lines"]
    assert (kept + omitted, len(line["groups"]) + line["groups_omitted"]) == (305, 305)


def test_about_as_many_are_kept_as_fit() -> None:
    value = body([("/a", number) for number in range(300)], noise=60)
    groups = value["meters"][0]["by_dimension"]
    [(kept, _)] = shape(unpacked(packed(value)))
    more = kept + kept // 16 + 2
    too_many = {**value, "meters": [{**value["meters"][0], "by_dimension": groups[-more:]}]}
    assert 20 < kept < 300
    assert shape(unpacked(packed(too_many)))[0][1] > 0


def test_what_compresses_well_is_still_bounded_as_text() -> None:
    value = body([(f"/{'a' * 300}", number) for number in range(1000)])
    [(kept, omitted)] = shape(unpacked(packed(value)))
    assert (kept + omitted, 100 < kept < 200) == (1000, True)


def test_totals_stay_when_no_group_fits() -> None:
    value = body([("/a", 1), ("/b", 2)], noise=14_000)
    assert shape(unpacked(packed(value))) == [(0, 2)]


def test_quantities_are_compared_as_numbers() -> None:
    value = body([])
    value["meters"][0]["by_dimension"] = [_group(text, 0, 8000) | {"quantity": text} for text in ("9.5", "10", "-1")]
    assert [group["quantity"] for group in unpacked(packed(value))["meters"][0]["by_dimension"]] == ["10"]
