import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.__main__ import serve
from rating.case import answer
from tests.unit.rating.builders import tiered

ROOT = Path(__file__).resolve().parents[3]
PER_UNIT = {"model": "per_unit", "unit_amount": "0.015"}
CASE = {"price": PER_UNIT, "usage": "3", "currency_exponent": 2}
RATED = {
    "amount": "0.05",
    "unrounded": "0.045",
    "quantity": "3",
    "billed_quantity": "3",
    "unit_amount": "0.015",
    "model": "per_unit",
    "parts": [{"kind": "units", "quantity": "3", "each": "0.015", "amount": "0.045"}],
    "adjustments": [],
}


def answers(cases: bytes) -> list[Any]:
    out = io.BytesIO()
    serve(io.BytesIO(cases), out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def case(**keys: Any) -> bytes:
    return json.dumps({**CASE, **keys}).encode()


def command(cases: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "rating"],
        input=cases,
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT / "lambda_src")},
    )


def test_the_command_answers_line_by_line_in_order() -> None:
    done = command(case() + b"\n\xff\n\r\n" + case(usage="0.0") + b"\n" + case(usage=1))
    assert (done.returncode, done.stderr) == (0, b"")
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    assert replies[:3] == [RATED, {"error": "must be UTF-8"}, {"error": 'must be JSON, got ""'}]
    assert [reply["amount"] for reply in replies[3:]] == ["0.00", "0.02"]


def test_the_command_answers_before_the_next_line_is_there() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "rating"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "lambda_src")},
    ) as process:
        assert process.stdin
        assert process.stdout
        for _ in range(2):
            process.stdin.write(case() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == RATED
        process.stdin.close()
        assert process.wait(60) == 0


def test_the_command_ends_quietly_when_nobody_reads_its_answers() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "rating"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "lambda_src")},
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        process.stdin.write(case() + b"\n")
        process.stdin.close()
        assert (process.wait(60), process.stderr.read()) == (1, b"")


def test_everything_of_a_line_is_in_its_answer() -> None:
    price = {
        **tiered("graduated_percentage", ("100", "2.50", "1"), (None, None, "7.0")),
        "free_units": "1",
        "minimum": "20",
    }
    assert answers(case(price=price, usage="1e2", currency_exponent=3, discount={"percentage": "10"})) == [
        {
            "amount": "20.000",
            "unrounded": "20",
            "quantity": "100",
            "billed_quantity": "99",
            "unit_amount": None,
            "model": "graduated_percentage",
            "parts": [
                {"kind": "value", "tier": 1, "quantity": "99", "rate": "2.5", "amount": "2.475"},
                {"kind": "flat", "tier": 1, "quantity": "1", "each": "1", "amount": "1"},
            ],
            "adjustments": [
                {"kind": "free_units", "figure": "1", "change": "-1"},
                {"kind": "percentage_discount", "figure": "10", "change": "-0.3475"},
                {"kind": "minimum", "figure": "20", "change": "16.8725"},
            ],
        }
    ]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"", None),
        (b"{", 'must be JSON, got "{"'),
        (b"NaN", 'must be JSON, got "NaN"'),
        (b"[]", "must be an object, got a list"),
        (b'"\\ud800"', 'must be an object, got "\ud800"'),
        (b"[" * 100_000, f'must be JSON, got "{"[" * 39}…'),
        (b'{"price": {"model": "flat", "model": "flat"}}', 'duplicate key "model"'),
        (
            b'{"usage": ' + b"9" * 5000 + b"}",
            f'must have no integer of more than 100 digits, got "{"9" * 39}…',
        ),
        (case(usage="-1"), 'usage: must be zero or more, got "-1"'),
        (case(usage=None), "usage: missing, must be a number as a string"),
        (case(usage=0.5), 'usage: must be a number as a string, such as "12.50", got 0.5'),
        (case(usage="1e999999999"), 'usage: must be a number as a string, such as "12.50", got "1e999999999"'),
        (case(events=-1), "events: must be zero or more, got -1"),
        (case(events="1.5"), 'events: must be a whole number, got "1.5"'),
        (case(currency_exponent=None), "currency_exponent: missing, must be a whole number"),
        (case(currency_exponent=13), "currency_exponent: must be 0 to 12, got 13"),
        (case(discounts=None), 'unknown key "discounts"'),
        (case(price=None), "price: must be an object, got null"),
        (
            case(price={"model": "per_unit"}, discount={"percentage": "x"}),
            (
                "price.unit_amount: missing, must be a number as a string; "
                'discount.percentage: must be a number as a string, such as "12.50", got "x"'
            ),
        ),
    ],
)
def test_what_cannot_be_rated_is_said(line: bytes, error: str | None) -> None:
    assert answers(line) == ([] if error is None else [{"error": error}])


@pytest.mark.parametrize(("keys", "amount"), [({}, "0.03"), ({"events": None}, "0.03"), ({"events": 2}, "2.03")])
def test_a_case_without_events_has_none(keys: dict[str, Any], amount: str) -> None:
    price = {"model": "percentage", "rate": "1", "fixed_amount": "1"}
    assert [reply["amount"] for reply in answers(case(price=price, **keys))] == [amount]


def test_a_line_beyond_a_mebibyte_is_refused_and_the_next_is_read() -> None:
    assert answers(b" " * 3_000_000 + b"\n" + case() + b"\n" + b" " * (1 << 20) + b"x") == [
        {"error": "must be 1048576 bytes at most"},
        RATED,
        {"error": "must be 1048576 bytes at most"},
    ]


@given(st.binary(max_size=300))
def test_any_bytes_have_one_answer_per_line(cases: bytes) -> None:
    lines = cases.count(b"\n") + (not cases.endswith(b"\n") and cases != b"")
    replies = answers(cases)
    assert len(replies) == lines
    assert all(reply.keys() == {"error"} for reply in replies)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["1", "0.5", "-1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["model", "tiers", "up_to", "unit_amount", "flat_amount", "x"]), inner)
    ),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {
            "price": json_values
            | st.fixed_dictionaries({"model": st.sampled_from(["volume", "flat"]), "tiers": json_values})
        },
        optional=dict.fromkeys(("usage", "events", "currency_exponent", "discount"), json_values),
    )
)
def test_any_json_has_an_answer(value: dict[str, Any]) -> None:
    reply = answer(json.dumps(value).encode())
    assert ("amount" in reply) != ("error" in reply)
