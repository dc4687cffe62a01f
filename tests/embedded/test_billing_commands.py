"""The operator's billing commands against the deployed program, in months far from those of other tests."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.server import EmbeddedAws
from tools import interrupt
from tools.billing import __main__ as billing_main
from tools.billing.stack import BillingStack
from tools.outputs import StackOutputs

AT = "--at 2031-02-03T09:00:00Z"
CUSTOMER = {
    "legal_name": "One Ltd",
    "email": "one@cli.example",
    "address": ["1 Street", "Town"],
    "tax_id": None,
    "country": None,
    "tax_rate": "20",
    "reverse_charge": False,
}
Do = Callable[..., Any]


@pytest.fixture(scope="module")
def stack(outputs: StackOutputs) -> BillingStack:
    return BillingStack(outputs)


@pytest.fixture
def do(stack: BillingStack, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Do:
    """Type a command; gives its JSON, or with another expected code what it says on standard error."""

    def reached(_outputs: Any, _stack: Any, at: datetime | None) -> BillingStack:
        stack._at = at  # its clients are kept: making them takes longer than most commands
        return stack

    monkeypatch.setattr(interrupt, "install", lambda: None)
    monkeypatch.setattr(billing_main, "open_stack", reached)

    def typed(line: str, *arguments: str, code: int = 0) -> Any:
        found = billing_main.main([*line.split(), *arguments, "--json"])
        out, err = capfd.readouterr()
        assert found == code, out + err
        return json.loads(out) if code < 2 else " ".join(err.split())

    return typed


def test_a_tenant_from_its_first_user_to_a_void_invoice(do: Do, outputs: StackOutputs) -> None:
    added = f"tenant add cli-one --email one@cli.example --tax-rate 20 --no-invitation {AT}"
    place = ("--legal-name", "One Ltd", "--address", "1 Street", "--address", "Town")
    created = {"tenant_id": "cli-one", "account_created": True, "user_created": True}
    assert do(added, *place) == created
    assert do(added, *place) == {**created, "account_created": False, "user_created": False}
    cognito: Any = outputs.session().client("cognito-idp")
    user = cognito.admin_get_user(UserPoolId=outputs.user_pool_id, Username="one@cli.example")
    assert {"Name": "custom:tenant_id", "Value": "cli-one"} in user["UserAttributes"]
    do(f"tenant add cli-two --email two@cli.example {AT}", "--legal-name", "Two Ltd", "--address", "2 Street")
    do("customer set cli-two --reverse-charge --tax-id GB2 --country GB")
    for tenant in ("cli-one", "cli-two"):
        do(f"subscription set {tenant} team --start 2031-02-01 {AT}")
    plan = {"plan": "team", "start": "2031-02-01", "end": None}
    assert do("tenant show cli-one") == {
        "tenant_id": "cli-one",
        "customer": CUSTOMER,
        "subscriptions": [plan],
        "hold": None,
    }
    assert do("subscription list cli-two") == [{"tenant_id": "cli-two", **plan}]

    held = do(f"hold cli-two {AT}", "--reason", "look at it")
    assert do("holds") == [held]
    ran = do("run --at 2031-03-05T06:00:00Z")
    assert [one["kind"] for one in ran["runs"]] == ["draft", "draft", "final"]
    final = [one for one in ran["results"] if one["kind"] == "final" and one["tenant_id"].startswith("cli-")]
    assert final == [
        {
            "period": "2031-02",
            "kind": "final",
            "tenant_id": "cli-one",
            "number": "INV-2031-000001",
            "total": "70.80",
            "currency": "USD",
            "outcome": "issue",
            "reason": None,
        },
        {
            "period": "2031-02",
            "kind": "final",
            "tenant_id": "cli-two",
            "number": None,
            "total": None,
            "currency": None,
            "outcome": "held",
            "reason": None,
        },
    ]
    assert do("release cli-two") == held
    assert do("holds") == []
    refused = do("subscription set cli-one enterprise --start 2031-02-15", code=2)
    assert "tenant cli-one: the plan in 2031-02 must stay as it is, for that month is finalized" in refused

    shown = do("show INV-2031-000001")
    assert shown == do("show cli-one 2031-02")
    assert (shown["total"], shown["issue_date"], shown["customer"]["legal_name"]) == ("70.80", "2031-03-05", "One Ltd")
    assert do("verify INV-2031-000001") == [{"number": "INV-2031-000001", "same": True, "differences": []}]
    with _lost(outputs, "final/period=2031-02/tenant=cli-one/INV-2031-000001.json") as place:
        [answer] = do("verify INV-2031-000001", code=1)
        gone = f"{place}: must be there, is not; the bucket keeps versions: restore the one that was there"
        assert answer["differences"] == [{"what": gone, "document": None, "table": None}]
        assert do("show INV-2031-000001", code=2) == f"error: {gone}"
    void = do("void INV-2031-000001 --reissue --at 2031-03-06T09:00:00Z", "--reason", "wrong name")
    assert void == {
        "tenant_id": "cli-one",
        "number": "INV-2031-000001",
        "credit_note": "CN-2031-000001",
        "period": "2031-02",
        "revision": 2,
    }
    listed = do("invoices cli-one --period 2031-02")
    assert [(one["number"], one["state"], one["total"]) for one in listed] == [
        ("CN-2031-000001", "credit note for INV-2031-000001", "-70.80"),
        ("INV-2031-000001", "void", "70.80"),
        (None, "draft", None),
    ]
    dry = do("run --dry-run --tenant cli-one --period 2031-02 --as-of 2031-03-07T06:00:00Z")
    [bill] = dry["bills"]
    assert (dry["as_of"], dry["refused"]) == ("2031-03-07T06:00:00Z", [])
    assert (bill["outcome"], bill["document"]["revision"], bill["document"]["total"]) == ("issue", 2, "70.80")
    assert do("dead-letters") == []


@contextmanager
def _lost(outputs: StackOutputs, key: str) -> Iterator[str]:
    """Delete an object, as far as a locked one can be, and restore it."""
    s3: Any = outputs.session().client("s3")
    marker = s3.delete_object(Bucket=outputs.invoice_bucket_name, Key=key)["VersionId"]
    yield f"s3://{outputs.invoice_bucket_name}/{key}"
    s3.delete_object(Bucket=outputs.invoice_bucket_name, Key=key, VersionId=marker)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("tenant show nobody", "error: tenant nobody: must have an account, has none; see `tenant add`"),
        (
            "tenant add x --email x@x.example --billing-email none --legal-name X",
            'error: customer.email: must be an e-mail address, got "none"',
        ),
        ("show INV-1999-000001", "error: number INV-1999-000001: must be of an invoice or a credit note, is of none"),
        ("show nobody 2031-02", "error: tenant nobody: must have a bill of 2031-02, has none"),
        ("show nobody 2031", 'error: period must be a month such as "2026-10", got "2031"'),
        ("hold --reason x", "error: hold, release: name either a tenant or a --period, one of them"),
        ("release nobody", "error: tenant nobody: must be on hold to be released, is not"),
        ("verify", "error: verify: name either numbers of invoices or a --period, one of them"),
        (
            "run --at 2031-03-05T06:00:00Z --period 1999-01",
            "error: nothing to run at 2031-03-05T06:00:00Z: the period must be open, and begun by then; such are: ",
        ),
        ("verify --period 1999-01", "error: verify: 1999-01 must have an invoice, has none"),
        (
            "run --as-of 2031-03-05T06:00:00Z --at 2031-03-05T05:59:59Z",
            "error: --as-of: must not be after the command's time, 2031-03-05T05:59:59Z, but in a dry run; got 2031-03-05T06:00:00Z",  # noqa: E501 - as it is printed
        ),
    ],
)
def test_what_cannot_be_done_says_why(do: Do, line: str, message: str) -> None:
    found = do(line, code=2)
    assert found.startswith(message) if message.endswith(" ") else found == message  # what is open, other tests decide


def test_what_nobody_could_handle_is_told_and_left_where_it_is(do: Do, aws: EmbeddedAws, outputs: StackOutputs) -> None:
    queues: Any = outputs.session().client("sqs")
    queue = queues.get_queue_url(QueueName=outputs.billing_queue_name)["QueueUrl"]
    queues.send_message(QueueUrl=queue, MessageBody="rubbish")
    aws.activity.settle(30)
    [letter] = do("dead-letters", code=1)
    assert (letter["reason"], letter["about"]) == ("message must be JSON, got 'rubbish'", {"message": "rubbish"})
    assert do("dead-letters", code=1) == [letter]
    queues.purge_queue(QueueUrl=outputs.billing_dead_letter_queue_url)


def test_a_plan_that_the_deployed_catalog_does_not_have_is_refused(do: Do) -> None:
    do("tenant add cli-three --email three@cli.example --no-invitation")
    known = "enterprise, pay-as-you-go, team, team-eu"
    message = f'error: subscriptions[0].plan: must be one of {known}, got "gold"'
    assert do("subscription set cli-three gold --start 2031-02-01", code=2) == message


def test_a_user_belongs_to_one_tenant(do: Do) -> None:
    do("tenant add cli-four --email four@cli.example --no-invitation")
    message = "error: user four@cli.example: must be of tenant 'cli-five', is of 'cli-four'"
    assert do("tenant add cli-five --email four@cli.example --no-invitation", code=2) == message


def test_a_stack_is_reached_by_the_file_of_its_outputs(
    outputs: StackOutputs, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interrupt, "install", lambda: None)
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(asdict(outputs)))
    assert billing_main.main(["invoices", "nobody", "--outputs", str(file)]) == 0
    assert "Bills" in capfd.readouterr().out
    assert billing_main.main(["holds", "--outputs", str(tmp_path / "none.json")]) == 2
    assert capfd.readouterr().err == f"error: outputs file {tmp_path}/none.json: No such file or directory\n"
