"""The portal of the deployed program in a browser. Without chromium these tests are skipped, and fail where it must be.

They stand here and not beside the other tests of pages: a process can hold one embedded AWS, and these share it.
"""

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import urllib3

from embedded_aws.server import EmbeddedAws
from invoicing.html import words
from tests.browser.chromium_kit import Browser, browser
from tests.browser.page_kit import Sent
from tests.browser.sight_kit import unlabelled, weak_contrasts
from tests.embedded.portal_kit import PASSWORD, Open, Shop, sign_in, signed_in, visit
from tools.outputs import StackOutputs

__all__ = ["browser", "visit"]

IMAGES = os.environ.get("SCREENSHOTS", "")
"""Folder that gets the README's pictures."""
YEAR = 2026 if IMAGES else 2031
"""Later than the months of the other tests that bill the same stack, unless nothing but pictures is wanted."""
PHONE = 360
FRAME = "document.querySelector('iframe')?.contentDocument?.body"


@pytest.fixture(scope="module")
def shop(browser: Browser, aws: EmbeddedAws, outputs: StackOutputs) -> Iterator[Shop]:  # noqa: ARG001 - skips early
    made = Shop(outputs, YEAR)
    try:
        made.open()
        yield made
    finally:
        aws.clock.set(datetime.now(UTC))


def has_content(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


def amount(bill: Any, key: str) -> str:
    return f"{bill['currency']} {words.number(bill[key])}"


def test_the_figures_are_those_that_the_api_returns(visit: Open, shop: Shop) -> None:
    page, usage = signed_in(visit, shop), shop.json("usage")
    bill, meters = usage["bill"], usage["meters"]
    assert {one["meter"] for one in meters if one["quantity"] != "0"} == {
        "api_calls",
        "response_bytes",
        "tokens",
        "unique_users",
    }
    as_of = words.moment(usage["as_of"])
    assert page.text("#title") == words.month(usage["period"]["id"])
    assert page.text("#freshness") == f"Counted until {words.moment(usage['cutoff'])}, as of {as_of}."
    assert page.text("#so-far .amount") == amount(bill, "total") == page.text("#total")
    assert page.text("#projected .amount") == amount(bill, "projected_total")
    assert page.text("#plan").startswith("Plan Team")
    assert page.texts("[aria-labelledby=charges] tbody td:last-child") == [
        words.number(line["amount"]) for line in bill["lines"]
    ]
    shown = [f"{words.number(line['quantity'])} {line['unit']}" for line in bill["lines"]]
    assert page.texts("[aria-labelledby=charges] tbody td:nth-child(2)") == shown
    assert page.texts(".meter .quantity") == [words.number(one["quantity"]) for one in meters]
    page.value("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for meter in meters:
        days = f"[data-meter={meter['meter']}] details.days tbody"
        assert page.texts(f"{days} th") == [words.day(one["day"]) for one in meter["by_day"]]
        assert page.texts(f"{days} td") == [words.number(one["quantity"]) for one in meter["by_day"]]
        bars = f"document.querySelectorAll('[data-meter={meter['meter']}] .chart .value').length"
        assert page.value(bars) == len(meter["by_day"])
    [tokens] = [one for one in meters if one["meter"] == "tokens"]
    parts = "[data-meter=tokens] details.parts tbody"
    assert list(zip(page.texts(f"{parts} th"), page.texts(f"{parts} td:nth-of-type(1)"), strict=True)) == [
        (one["dimensions"]["data.model"], words.number(one["quantity"])) for one in tokens["by_dimension"]
    ]
    limit, free = tokens["limit"], tokens["allowance"]["free_units"]
    gauges = " ".join(page.texts("[data-meter=tokens] .gauge"))
    assert f"{words.number(limit['used'])} of {words.number(limit['limit'])} used" in gauges
    assert f"{words.number(free['used'])} of {words.number(free['included'])} used" in gauges
    assert f"{words.number(tokens['allowance']['tier']['remaining'])} left at this price" in gauges


def test_from_month_to_month_by_the_keyboard_alone(visit: Open, shop: Shop) -> None:
    page = visit()
    assert page.value("document.activeElement.id") == "username"
    page.type(shop.email(shop.tenant))
    page.press("Tab")
    page.type(PASSWORD)
    page.press("Tab")
    assert page.value("document.activeElement.textContent") == "Show"
    page.press("Tab")
    page.press("Enter")
    page.wait("document.activeElement?.id === 'title'")
    page.press("Tab")
    assert page.value("document.activeElement.id") == "earlier"
    assert page.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.press("Enter")
    page.wait_for(f"April {YEAR}", "#title")
    april = shop.json(f"usage?period={YEAR}-04")
    assert page.text("#so-far .amount") == amount(april["bill"], "total")
    page.wait("document.activeElement?.id === 'earlier'")
    page.press("Tab")
    page.press("ArrowDown")
    page.wait_for(f"March {YEAR}", "#title")
    assert "No usage yet" in page.text("main")
    page.press("Tab")
    page.press("Enter")
    page.wait_for(f"April {YEAR}", "#title")


def test_an_invoice_is_opened_printed_and_saved_and_no_script_of_it_runs(
    visit: Open,
    shop: Shop,
    browser: Browser,
    tmp_path: Path,
) -> None:
    def with_a_script(sent: Sent, body: str) -> str | None:
        hostile = "<script>parent.ran = 1</script><img src=x onerror='parent.ran = 1'></body>"
        return body.replace("</body>", hostile) if sent.headers.get("Accept") == "text/html" else None

    page = signed_in(visit, shop, changing=with_a_script)
    [listed] = shop.json("invoices")["invoices"]
    invoice = shop.json(f"invoices/{listed['number']}")
    page.click("#to-invoices")
    page.wait_for(listed["number"])
    assert page.texts("tbody td:last-child") == [amount(listed, "total")]
    page.click("tbody a")
    page.wait(f"{FRAME}?.innerText.includes('{invoice['number']}')")
    text = " ".join(page.value(f"{FRAME}.innerText").split())
    assert f"Total {invoice['currency']} {words.number(invoice['total'])}" in text
    assert invoice["customer"]["legal_name"] in text
    page.wait(f"{FRAME}.querySelector('img')?.complete")
    assert page.value(f"[window.ran, {FRAME}.querySelector('script')?.textContent]") == [None, "parent.ran = 1"]
    blocked = [one for one in page.complaints if "Blocked script execution in 'blob:" in one]
    assert len(blocked) == 2
    refused = [one for one in page.complaints if "img-src" in one or "Content Security Policy" in one]
    assert [one for one in page.complaints if one not in blocked and one not in refused] == []
    page.complaints.clear()

    page.value("document.querySelector('iframe').contentWindow.print = () => { window.printed = true; }")
    page.click("#print")
    assert page.value("window.printed") is True
    browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path), eventsEnabled=False)
    for form, media in (("json", "application/json"), ("csv", "text/csv")):
        saved = tmp_path / f"{invoice['number']}.{form}"
        page.click(f"#{form}")
        page.wait_until(partial(has_content, saved))
        assert saved.read_bytes() == shop.get(f"invoices/{invoice['number']}", media)


def test_from_a_line_to_the_rows_that_it_counts(visit: Open, shop: Shop) -> None:
    [listed] = shop.json("invoices")["invoices"]
    invoice = shop.json(f"invoices/{listed['number']}")
    [place] = [place for place, line in enumerate(invoice["lines"], 1) if line["meter"] == "api_calls"]
    page = signed_in(visit, shop, at=f"#/invoices/{listed['number']}")
    page.click(f"a[href$='/lines/{place}']")
    page.wait_for("Quantity on the invoice")
    quantity = invoice["lines"][place - 1]["quantity"]
    assert (page.text("#title"), page.text(".quantity")) == ("API calls", words.number(quantity))
    line = shop.json(f"invoices/{listed['number']}/lines/{place}")
    page.value("document.querySelector('details').open = true")
    assert page.texts(".days tbody td") == [words.number(one["quantity"]) for one in line["by_day"]]
    assert sum(int(one["quantity"]) for one in line["by_day"]) == int(quantity)
    page.click("#rows")
    page.wait("document.querySelector('#file')")
    answer = urllib3.request("GET", page.value("document.querySelector('#file').href"))
    assert (answer.status, len(answer.data.splitlines())) == (200, int(quantity) + 1)
    assert page.value("document.activeElement.id") == "file"


def test_another_tenants_invoice_is_not_there(visit: Open, shop: Shop) -> None:
    [theirs] = shop.json("invoices", shop.other)["invoices"]
    page = signed_in(visit, shop, at=f"#/invoices/{theirs['number']}")
    assert page.text("#title") == "Not found"
    assert (page.value("document.querySelector('iframe')"), page.value("document.activeElement.id")) == (None, "title")
    expected = f"the server responded with a status of 404 (Not Found) {shop.outputs.rest_api_url}/invoices/"
    assert {one.split("resource: ")[1].rsplit("/", 1)[0] + "/" for one in page.complaints} == {expected}
    page.complaints.clear()


def test_a_wrong_password_and_a_stranger_are_told_the_same(visit: Open, shop: Shop) -> None:
    page = visit()
    for email in (shop.email(shop.tenant), "nobody@elsewhere.example"):
        page.value("document.querySelector('form').reset()")
        sign_in(page, email, "Wrong-Horse-7")
        page.wait("!document.querySelector('#problem').hidden")
        assert page.text("#problem") == "The e-mail address or the password is wrong."
        assert page.value("document.activeElement.id") == "password"
    page.complaints.clear()  # the browser notes every answer of 400
    page.value("document.querySelector('form').reset()")
    sign_in(page, shop.email(shop.tenant))
    page.wait_for("Bill so far")


def test_a_temporary_password_is_replaced_first(visit: Open, shop: Shop) -> None:
    shop.user("new@blue-harbour.example", shop.tenant, temporary=True)
    page = visit()
    sign_in(page, "new@blue-harbour.example")
    page.wait_for("Choose a password", "h1")
    page.type("Another-Horse-8", "#password")
    page.type("Another-Horse-9", "#repeated")
    page.press("Enter")
    page.wait_for("The two passwords differ.")
    page.value("document.querySelector('#repeated').value = ''")
    page.type("Another-Horse-8", "#repeated")
    page.press("Enter")
    page.wait_for("Bill so far")
    assert page.text("#tenant") == shop.tenant


@pytest.mark.parametrize("refreshed", [True, False], ids=["renewed", "revoked"])
def test_an_expired_token_is_renewed_or_leads_back_to_the_sign_in(
    visit: Open, shop: Shop, aws: EmbeddedAws, refreshed: bool
) -> None:
    def expired(sent: Sent, body: str) -> str | None:
        """Hand the page an expired token, and with `revoked` one that cannot be renewed."""
        answer = json.loads(body) if sent.method == "POST" and "USER_PASSWORD_AUTH" in sent.body else None
        if answer is None:
            return None
        tokens = answer["AuthenticationResult"]
        asked = json.dumps({"IdToken": tokens["IdToken"]})
        old = urllib3.request("POST", f"{aws.url}/_embedded/cognito/expired-token", body=asked).json()
        tokens.update(old, **({} if refreshed else {"RefreshToken": "revoked"}))
        return json.dumps(answer)

    page = visit(changing=expired, at="#/invoices")
    sign_in(page, shop.email(shop.tenant))
    if refreshed:
        page.wait_for("the newest first")
        flows = [flow for sent in page.sent for flow in re.findall(r'"AuthFlow":"(\w+)"', sent.body)]
        assert flows == ["USER_PASSWORD_AUTH", "REFRESH_TOKEN_AUTH"]
    else:
        page.wait_for("Your session has expired. Sign in again to go on where you were.")
        assert (page.text("h1"), page.value("location.hash")) == ("Sign in", "#/invoices")
    statuses = {int(found) for one in page.complaints for found in re.findall(r"status of (\d+)", one)}
    assert statuses == ({401} if refreshed else {400, 401})
    page.complaints.clear()


def test_signing_out_takes_everything_away(visit: Open, shop: Shop) -> None:
    page = signed_in(visit, shop)
    page.click("#to-invoices")
    page.wait_for("the newest first")
    page.click("#sign-out")
    page.wait_for("Sign in", "h1")
    assert page.value("document.querySelector('#bar').hidden && !document.body.innerText.includes('Bill so far')")
    page.value("history.back()")
    page.wait("location.hash === '#/invoices'")
    assert page.text("h1") == "Sign in"
    assert page.value("['tenant', 'email', 'said'].map((id) => document.getElementById(id).textContent)") == [
        "",
        "",
        "",
    ]
    page.wait_until(lambda: any("RevokeToken" in sent.headers.get("X-Amz-Target", "") for sent in page.sent))


def test_every_view_is_readable_on_a_phone_and_in_the_dark(visit: Open, shop: Shop) -> None:
    [listed] = shop.json("invoices")["invoices"]
    page = visit()
    seen = []

    def look(name: str) -> None:
        for width, dark in ((1280, False), (1280, True), (PHONE, False)):
            page.size(width, dark=dark)
            page.value("new Promise((done) => { requestAnimationFrame(() => { setTimeout(done, 30); }); })")
            seen.append((name, width, dark, page.overflow(), weak_contrasts(page), unlabelled(page)))
        page.size(1280)

    look("sign in")
    sign_in(page, shop.email(shop.tenant))
    page.wait_for("Bill so far")
    page.value("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    look("usage")
    for name, place, text in (
        ("invoices", "#/invoices", listed["number"]),
        ("invoice", f"#/invoices/{listed['number']}", "What is behind the lines"),
        ("line", f"#/invoices/{listed['number']}/lines/2", "Quantity on the invoice"),
    ):
        page.value(f"location.hash = '{place}'")
        page.wait_for(text)
        look(name)
    assert [one for one in seen if one[3:] != (0, [], [])] == []


if IMAGES:

    def test_the_pictures_of_the_readme(visit: Open, shop: Shop) -> None:
        [listed] = shop.json("invoices")["invoices"]
        page = signed_in(visit, shop)
        page.call("Emulation.setScrollbarsHidden", hidden=True)
        page.size(1280, 1600, scale=1.25)
        page.wait("document.querySelector('.chart .value')")
        page.screenshot(Path(IMAGES) / "portal.png")
        page.value(f"location.hash = '#/invoices/{listed['number']}'")
        page.wait(f"{FRAME}?.innerText.includes('{listed['number']}')")
        page.size(1280, 1400, scale=1.25)
        page.screenshot(Path(IMAGES) / "invoice.png")
