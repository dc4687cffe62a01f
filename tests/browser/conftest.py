"""One browser for a module's tests, and the portal in it with answers that are made here."""

from collections.abc import Iterator

import pytest

from tests.browser.canned_kit import COGNITO, ORIGIN, PORTAL, Canned
from tests.browser.chromium_kit import Browser, browser
from tests.browser.page_kit import Page

__all__ = ["browser"]


@pytest.fixture
def canned() -> Canned:
    return Canned()


@pytest.fixture
def page(browser: Browser, canned: Canned) -> Iterator[Page]:
    """The portal before the sign-in; in the end it has asked for nothing of others."""
    opened = Page(browser, canned)
    opened.size(1280)
    opened.open(PORTAL)
    opened.wait_for("E-mail address")
    yield opened
    opened.close()
    own = (f"{ORIGIN}/v1/", f"{COGNITO}/", f"blob:{ORIGIN}/", "data:image/svg")
    assert [sent.url for sent in opened.sent if not sent.url.startswith(own)] == []
