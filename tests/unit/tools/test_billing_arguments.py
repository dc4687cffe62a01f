from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rating.period import Period
from tools.billing.arguments import parser

COMMON = {"outputs": None, "stack": None, "at": None, "json": False}
NOBODY = {"legal_name": None, "address": None, "tax_id": None, "country": None, "billing_email": None}
NO_TAX = {"tax_rate": None, "reverse_charge": False}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(
            "tenant add acme --email a@acme.example --legal-name Acme --address Street --address Town --tax-rate 7.5",
            {
                "command": "tenant add",
                "tenant": "acme",
                "email": "a@acme.example",
                "no_invitation": False,
                **NOBODY,
                "legal_name": "Acme",
                "address": ["Street", "Town"],
                "tax_rate": Decimal("7.5"),
                "reverse_charge": False,
            },
            id="tenant add",
        ),
        pytest.param(
            "customer set acme --email b@acme.example --reverse-charge",
            {
                "command": "customer set",
                "tenant": "acme",
                **NOBODY,
                "billing_email": "b@acme.example",
                "tax_rate": None,
                "reverse_charge": True,
            },
            id="customer set",
        ),
        pytest.param(
            "subscription set acme team --start 2026-11-01 --at 2026-10-30T09:00:00+02:00 --outputs o.json",
            {
                "command": "subscription set",
                "tenant": "acme",
                "plan": "team",
                "start": date(2026, 11, 1),
                "end": None,
                "at": datetime(2026, 10, 30, 7, tzinfo=UTC),
                "outputs": Path("o.json"),
            },
            id="subscription set",
        ),
        pytest.param(
            "subscription end acme --on 2026-12-01",
            {"command": "subscription end", "tenant": "acme", "on": date(2026, 12, 1)},
            id="subscription end",
        ),
        pytest.param("subscription list", {"command": "subscription list", "tenants": []}, id="subscription list"),
        pytest.param(
            "run --dry-run --tenant acme --tenant globex --period 2026-10 --json",
            {
                "command": "run",
                "as_of": None,
                "dry_run": True,
                "tenant": ["acme", "globex"],
                "period": Period(2026, 10),
                "timeout": 900,
                "json": True,
            },
            id="run",
        ),
        pytest.param(
            "hold --period 2026-10 --reason check",
            {"command": "hold", "tenant": None, "period": Period(2026, 10), "reason": "check"},
            id="hold",
        ),
        pytest.param("release acme", {"command": "release", "tenant": "acme", "period": None}, id="release"),
        pytest.param(
            "show acme 2026-10 --html page.html",
            {"command": "show", "document": ["acme", "2026-10"], "html": Path("page.html")},
            id="show",
        ),
        pytest.param(
            "void INV-2026-000001 --reason wrong --reissue",
            {"command": "void", "number": "INV-2026-000001", "reason": "wrong", "reissue": True},
            id="void",
        ),
        pytest.param(
            "verify --period 2026-10", {"command": "verify", "number": [], "period": Period(2026, 10)}, id="verify"
        ),
    ],
)
def test_a_command_line_is_read(line: str, expected: dict[str, Any]) -> None:
    assert vars(parser("what for").parse_args(line.split())) == {**COMMON, **expected}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("subscription set acme team --start 1.11.2026", '--start: must be a day such as 2026-10-01, got "1.11.2026"'),
        ("verify --period October", '--period: period must be a month such as "2026-10", got "October"'),
        ("holds --at 2026-11-01T06:00:00", 'must be a time with its zone, such as 2026-11-01T06:00:00Z, got "2026-11'),
        ("holds --at soon", 'must be a time with its zone, such as 2026-11-01T06:00:00Z, got "soon"'),
        ("customer set acme --tax-rate abc", "--tax-rate: must be a number"),
        ("customer set acme --tax-rate 19 --reverse-charge", "--reverse-charge: not allowed with argument --tax-rate"),
        ("void INV-2026-000001 --reason  ", "--reason"),
        ("hold acme", "the following arguments are required: --reason"),
        ("holds --outputs a --stack b", "--stack: not allowed with argument --outputs"),
        ("tenant add x --email none", '--email: must be an e-mail address, got "none"'),
        (f"tenant add {'x' * 257} --email a@b.example", "tenant: must have 1 to 256 bytes, got 257"),
        ("tenant show  ", "tenant: must not be empty"),
        ("subscription", "the following arguments are required: command"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_rule(
    capsys: pytest.CaptureFixture[str], line: str, message: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        parser("what for").parse_args(line.split(" "))
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("tenant", ["a\tb", "a\nb", " a", "a ", "\u200b"])
def test_a_tenant_that_nobody_could_type_again_is_not_made(capsys: pytest.CaptureFixture[str], tenant: str) -> None:
    with pytest.raises(SystemExit):
        parser("what for").parse_args(["tenant", "add", tenant, "--email", "a@b.example"])
    assert "must be printable, without blanks at its ends" in capsys.readouterr().err


@pytest.mark.parametrize("tenant", ['o\'brien & "söhne"/100%', "名前", "x y", "../up", "[red]"])
def test_a_tenant_may_have_any_name_that_can_be_read(tenant: str) -> None:
    assert parser("what for").parse_args(["tenant", "add", tenant, "--email", "a@b.example"]).tenant == tenant
