"""The portal where something is unusual: answers are made here. With the program behind it: tests/embedded."""

# ruff: noqa: RUF001 - real minus signs and apostrophes

from typing import Any

from invoicing.html import words
from tests.browser import pages_kit
from tests.browser.canned_kit import DOCUMENT, NOTE, Canned, json_answer, line_usage, meter, problem, sign_in, usage
from tests.browser.page_kit import Page
from tests.browser.sight_kit import unlabelled, weak_contrasts

SOFT = "Nothing is refused: the limit is for your information."
HOSTILE = "<img src=x onerror='window.ran = 1'><script>window.ran = 1</script>"


def test_limits_allowances_and_repeated_events_are_told(page: Page) -> None:
    sign_in(page)
    assert page.texts(".notice") == [
        "API calls: 85 % of the month’s limit of 85,000 is used. What goes beyond it will be refused.",
        f"Data transfer: 107 % of the month’s limit of 400,000,000 is used. {SOFT}",
        "2 repeated events differed from the first one of the same source and id. The first one counts.",
    ]
    assert page.texts("[data-meter=api_calls] .gauge") == [
        "Limit 85 % 72,965 of 85,000 used, 12,035 left. What goes beyond it will be refused.",
        "Free units 100 % 1,000 of 1,000 used, 0 left.",
        "Price tier 2 of 3 Up to 100,000, 26,835 left at this price.",
    ]
    assert page.texts("[data-meter=response_bytes] .gauge") == [
        f"Soft limit 107 % 431,145,228 of 400,000,000 used, 0 left. {SOFT}",
        "Price tier 2 of 2 The last tier: every further unit costs the same.",
    ]
    name = page.value("document.querySelector('[data-meter=api_calls] .chart').getAttribute('aria-label')")
    assert name == "API calls by day, October 2026: 23 days with usage, most on 21 October 2026 with 5,390."
    assert (page.complaints, weak_contrasts(page), unlabelled(page)) == ([], [], [])


def test_a_line_is_explained_as_on_the_invoice(page: Page) -> None:
    sign_in(page)
    assert page.texts("[aria-labelledby=charges] .how") == []
    page.click("#how")
    lines = pages_kit.usual()["lines"]
    explained = [" · ".join(found) for line in lines for found in (words.scaled(line), words.steps(line)) if found]
    assert page.texts("[aria-labelledby=charges] .how") == explained
    assert len(explained) > len(lines)
    assert page.value("document.querySelector('#how').getAttribute('aria-pressed')") == "true"


def test_a_part_of_the_breakdown_is_shown_by_day(page: Page) -> None:
    sign_in(page)
    post = "[data-meter=api_calls] .parts tbody tr:nth-child(2)"
    assert page.text(post).startswith("POST 13,852 19 %")
    page.value("document.querySelector('#part-api_calls').value = '1'")
    page.value("document.querySelector('#part-api_calls').dispatchEvent(new Event('change'))")
    page.value("document.querySelector('[data-meter=api_calls] .days').open = true")
    assert page.texts("[data-meter=api_calls] .days tbody td")[:2] == ["399", "452"]
    chart = "document.querySelector('[data-meter=api_calls] .chart').getAttribute('aria-label')"
    assert page.value(chart).startswith("API calls, POST by day")


def test_a_quantity_below_zero_hangs_from_the_line(page: Page, canned: Canned) -> None:
    by_day = [{"day": "2026-10-01", "quantity": "12.5"}, {"day": "2026-10-02", "quantity": "-7.25"}]
    seats = meter("seats", "Seats", "seat", []) | {"quantity": "5.25", "by_day": by_day, "aggregation": "sum"}
    canned.answers["usage"] = [json_answer(usage() | {"meters": [seats]})]
    sign_in(page)
    page.wait("document.querySelectorAll('.chart .value').length === 2")
    up, down = page.value(
        "[...document.querySelectorAll('.chart .value')].map((one) => [one.y, one.height].map((a) => a.baseVal.value))"
    )
    zero = page.value("document.querySelector('.chart .zero').y1.baseVal.value")
    assert (round(up[0] + up[1] - zero, 2), round(down[0] - zero, 2)) == (0, 0)
    assert page.texts(".chart .mark")[:5] == ["−10", "−5", "0", "5", "10"]
    page.value("document.querySelector('.days').open = true")
    assert page.texts(".days tbody td") == ["12.5", "−7.25"]


def test_what_comes_from_outside_is_text_and_nothing_else(page: Page, canned: Canned) -> None:
    bad = usage()
    bad["tenant_id"] = bad["plan"]["description"] = HOSTILE
    bad["meters"][0] |= {"description": HOSTILE, "unit": HOSTILE}
    bad["meters"][0]["by_dimension"][0]["dimensions"] = {HOSTILE: HOSTILE}
    bad["bill"]["lines"][0]["description"] = HOSTILE
    canned.answers["usage"] = [json_answer(bad)]
    sign_in(page)
    assert HOSTILE in page.text("[data-meter=api_calls] h3")
    assert page.value("[window.ran, document.images.length, document.scripts.length]") == [None, 0, 2]
    assert page.complaints == []


def test_documents_come_page_by_page(page: Page, canned: Canned) -> None:
    sign_in(page, "#/invoices")
    assert page.texts("tbody th a") == [NOTE, DOCUMENT, "INV-2026-000038"]
    note = canned.documents[NOTE]
    assert page.texts("tbody tr:first-child td") == ["Issued", f"USD {words.number(note['total'])}"]
    assert f"takes back {DOCUMENT}" in page.text("tbody tr:first-child")
    assert page.text("tbody tr:nth-child(2) .badge") == f"Taken back by {NOTE}"
    canned.answers["invoices"] = [problem(500, "x")]
    page.click(".more button")
    page.wait_for("The service could not answer.")
    page.click(".more button")
    page.wait_for("INV-2026-000001")
    assert page.texts("tbody th a")[3:] == ["INV-2026-000001"]
    assert page.value("[document.activeElement.textContent, document.querySelector('.more')]") == [
        "INV-2026-000001",
        None,
    ]


def test_without_documents_the_list_says_so(page: Page, canned: Canned) -> None:
    canned.answers["invoices"] = [json_answer({"invoices": [], "next": None})]
    sign_in(page, "#/invoices")
    assert page.text(".empty h2") == "No invoices yet"


def test_a_line_that_is_being_counted_comes_when_it_is_ready(page: Page, canned: Canned) -> None:
    running = json_answer({"state": "running"}, 202, **{"Retry-After": "1"})
    path = f"invoices/{DOCUMENT}/lines/2"
    file = {"url": "https://bucket.example/rows.csv?X-Amz-Signature=1", "expires_at": "2026-11-05T10:15:00Z"}
    canned.answers[path] = [running, json_answer(line_usage())]
    canned.answers[f"{path}/rows"] = [running, json_answer({**file, "bytes": 123456})]
    sign_in(page, f"#/invoices/{DOCUMENT}/lines/2")
    assert page.text("#title") == "One moment"
    page.wait_for("Quantity on the invoice")
    assert page.texts("[aria-labelledby=breakdown] tbody th") == ["GET", "POST"]
    page.click("#rows")
    page.wait("document.querySelector('#file')")
    link = page.value(
        "(({ href, target, rel }) => ({ href, target, rel }))(document.querySelector('#file'))",
    )
    assert link == {"href": file["url"], "target": "_blank", "rel": "noopener noreferrer"}
    assert page.text(".rows-of p") == "123,456 bytes; the link works until 5 November 2026, 10:15 UTC."


def test_an_address_that_is_none_of_the_web_is_no_link(page: Page, canned: Canned) -> None:
    path = f"invoices/{DOCUMENT}/lines/2"
    canned.answers[path] = [json_answer(line_usage())]
    bad = {"url": "javascript:alert(1)", "expires_at": "2026-11-05T10:15:00Z", "bytes": 1}
    canned.answers[f"{path}/rows"] = [json_answer(bad)]
    sign_in(page, f"#/invoices/{DOCUMENT}/lines/2")
    page.click("#rows")
    page.wait_for("Something went wrong. Try again.")
    assert page.value("document.querySelector('#file')") is None


def test_a_month_that_is_billed_speaks_of_no_projection(page: Page, canned: Canned) -> None:
    canned.answers["usage"] = [json_answer(usage() | {"state": "closed"})]
    sign_in(page)
    assert page.texts(".figures .label") == ["Bill of the month", "Plan"]
    assert (page.text("#charges"), page.text(".totals .total dt")) == ("Charges", "Total")


def test_a_slow_answer_for_a_view_that_was_left_is_dropped(page: Page, canned: Canned) -> None:
    sign_in(page)
    running = json_answer({"state": "running"}, 202, **{"Retry-After": "60"})
    canned.answers[f"invoices/{DOCUMENT}/lines/2"] = [running]
    page.value(f"location.hash = '#/invoices/{DOCUMENT}/lines/2'")
    page.wait_for("One moment")
    page.value("location.hash = '#/usage/2026-09'")
    page.wait_for("No usage yet")
    assert page.text("#freshness") == "Nothing has been counted for this month yet."
    assert page.value("document.querySelector('#month').value") == "2026-09"


def test_figures_of_any_length_are_shown_digit_by_digit(page: Page, canned: Canned) -> None:
    long: dict[str, Any] = usage()
    figure = "123456789012345678901234567890.123456789012345678"
    long["meters"] = [meter("m", "M", "unit", []) | {"quantity": figure}]
    long["bill"] |= {"total": "9007199254740993.10", "projected_total": "-0.10"}
    canned.answers["usage"] = [json_answer(long)]
    sign_in(page)
    shown = "123,456,789,012,345,678,901,234,567,890.123456789012345678"
    assert (page.text(".quantity"), words.number(figure)) == (shown, shown)
    assert page.text("#so-far .amount") == "USD 9,007,199,254,740,993.10"
    assert page.text("#projected .amount") == "USD −0.10"
    page.size(360)
    assert page.overflow() == 0


def test_these_tests_would_notice(page: Page) -> None:
    assert (weak_contrasts(page), unlabelled(page), page.overflow()) == ([], [], 0)
    page.value(
        """(() => {
          const [input, wide] = [document.createElement("input"), document.createElement("p")];
          wide.textContent = "faint";
          [wide.style.color, wide.style.width] = ["#999", "3000px"];
          document.querySelector("main").append(input, wide);
        })()"""
    )
    assert [one.split()[1] for one in weak_contrasts(page)] == ["faint"]
    assert (unlabelled(page), page.overflow() > 0) == (["<input>"], True)
