"""Invoices in a browser and on paper. Without chromium these tests are skipped, and fail where it must be there."""

import io
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from pypdf import PdfReader

from invoicing.html import words
from invoicing.render import to_html
from tests.browser import pages_kit
from tests.browser.chromium_kit import Browser, Shown
from tests.browser.page_kit import Page

A4 = (595, 842)  # points
SMALL_PHONE, PHONE, DESKTOP = 360, 420, 1280

HOSTILE = b"""<!doctype html>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<script>document.title = "ran"</script><img src="https://elsewhere.example/x.png">
<div style="width: 500px">wide</div>"""


@pytest.fixture
def show(browser: Browser, tmp_path: pathlib.Path) -> Callable[[bytes], Shown]:
    def run(page: bytes) -> Shown:
        path = tmp_path / "page.html"
        path.write_bytes(page)
        return browser.show(path, (PHONE, DESKTOP))

    return run


def sheets(shown: Shown) -> list[str]:
    """Return the text of every sheet; all of them are A4."""
    pages = PdfReader(io.BytesIO(shown.pdf)).pages
    assert {(round(page.mediabox.width), round(page.mediabox.height)) for page in pages} == {A4}
    return [page.extract_text() for page in pages]


@pytest.mark.parametrize(
    "made",
    [pages_kit.usual, pages_kit.fourteen, pages_kit.drafted, pages_kit.credited, pages_kit.reissued, pages_kit.yen],
)
def test_a_usual_document_is_one_sheet_of_a4(
    made: Callable[[], dict[str, Any]], show: Callable[[bytes], Shown]
) -> None:
    document = made()
    shown = show(to_html(document))
    [sheet] = sheets(shown)
    first = sheet[: sheet.index("BILLED TO")]
    assert ("Credit note" if document["credits"] else "Invoice") in first
    assert (document["number"] or "October 2026") in first.splitlines()
    assert f"Total {document['currency']} {words.number(document['total'])}" in sheet.splitlines()
    assert (shown.complaints, shown.overflow) == ([], {PHONE: 0, DESKTOP: 0})


def test_a_long_invoice_repeats_its_head_on_every_sheet(show: Callable[[bytes], Shown]) -> None:
    found = sheets(show(to_html(pages_kit.weeks(15, days=2))))
    assert len(found) > 2
    heads = ["Description", "Quantity", "Unit", "Unit price", "Amount (USD)"]
    assert ["".join(sheet.split()).count("".join("".join(heads).split())) for sheet in found] == [1] * len(found)
    assert [f"{number} / {len(found)}" in sheet for number, sheet in enumerate(found, 1)] == [True] * len(found)
    assert ["Total USD" in sheet for sheet in found] == [False] * (len(found) - 1) + [True]


def test_names_without_a_place_to_break_and_huge_figures_stay_inside(show: Callable[[bytes], Shown]) -> None:
    shown = show(to_html(pages_kit.long_names()))
    assert (len(sheets(shown)), shown.complaints, shown.overflow) == (1, [], {PHONE: 0, DESKTOP: 0})


@pytest.mark.parametrize("made", [pages_kit.plain, pages_kit.drafted])
def test_the_amounts_of_a_usual_document_fit_a_small_phone(
    made: Callable[[], dict[str, Any]], browser: Browser, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(to_html(made()))
    page = Page(browser)
    page.size(SMALL_PHONE)
    page.open(path.as_uri())
    hidden = "(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('main'))"
    assert page.value(hidden) == 0
    page.close()


def test_these_tests_would_notice(show: Callable[[bytes], Shown]) -> None:
    shown = show(HOSTILE)
    complaints = " ".join(shown.complaints)
    assert ("inline script" in complaints, "elsewhere.example" in complaints) == (True, True)
    assert (shown.overflow[PHONE] > 0, shown.overflow[DESKTOP]) == (True, 0)
