"""The portal where it is told no: by Cognito, by the API, by the network, by its own policy."""

import json

import pytest

from tests.browser.canned_kit import COGNITO, DOCUMENT, EMAIL, PASSWORD, Canned, json_answer, problem, sign_in
from tests.browser.page_kit import Answer, Page


def test_the_policy_holds_scripts_addresses_and_markup_off(page: Page) -> None:
    tried = """
      (async () => {
        const told = [];
        addEventListener("securitypolicyviolation", (event) => told.push(event.effectiveDirective));
        const failed = async (work) => { try { await work(); return false; } catch { return true; } };
        const inline = document.createElement("script");
        const results = [
          await failed(() => fetch("https://elsewhere.example/")),
          await failed(() => { document.body.innerHTML = "<p>x"; }),
          await failed(() => { inline.textContent = "window.ran = 1"; }),
        ];
        document.querySelector("main").setAttribute("style", "color: red");
        await new Promise((done) => setTimeout(done, 20));
        return [results, [...new Set(told)].sort(), window.ran];
      })()
    """
    refused = ["connect-src", "require-trusted-types-for", "style-src-attr"]
    assert page.value(tried) == [[True, True, True], refused, None]


@pytest.mark.parametrize(
    ("answer", "heading", "message"),
    [
        (
            problem(429, "the rate of requests is reached.", Retry_After="7"),
            "Too many requests",
            "The rate of requests is reached. Try again in 7 seconds.",
        ),
        (
            json_answer({"message": "Too Many Requests"}, 429),
            "Too many requests",
            "Too Many Requests. Try again in a moment.",
        ),
        (Answer(fails=True), "No connection", "There was no answer. Check your connection, then try again."),
        (
            Answer(502, "<html>", {"Content-Type": "text/html"}),
            "Something went wrong",
            "The service could not answer. Try again in a moment.",
        ),
        (problem(403, "x"), "Not allowed", "Your account may not see this."),
        (problem(400, "period must be a month"), "This does not work", "Period must be a month."),
        (problem(400, "api_calls must be less"), "This does not work", "api_calls must be less."),
        (
            json_answer(["no", "usage"]),
            "Something went wrong",
            "This page has met something that it does not expect. Try again.",
        ),
    ],
    ids=["429 with a time", "429 of the gateway", "no network", "502", "403", "400", "400 of a name", "another answer"],
)
def test_what_goes_wrong_is_said_and_can_be_tried_again(
    page: Page, canned: Canned, answer: Answer, heading: str, message: str
) -> None:
    canned.answers["usage"] = [answer]
    sign_in(page)
    assert (page.text("#title"), page.text(".failure > p")) == (heading, message)
    assert page.value("document.querySelector('.failure').getAttribute('role')") == "alert"
    page.click("#again")
    page.wait_for("Bill so far")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(fails=True), "There was no answer. Check your connection, then try again."),
        (
            json_answer({"__type": "TooManyRequestsException", "message": "Rate exceeded"}, 400),
            "There were too many attempts. Wait a minute, then try again.",
        ),
        (
            json_answer({"__type": "NotAuthorizedException", "message": "Password attempts exceeded"}, 400),
            "Password attempts exceeded",
        ),
        (
            json_answer({"__type": "com.amazonaws#UserNotConfirmedException", "message": "x"}, 400),
            "This address has not been confirmed yet. Follow the link or code that was sent to it.",
        ),
        (
            json_answer({"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "s"}),
            "This account asks for a step that this page does not offer (SOFTWARE_TOKEN_MFA).",
        ),
        (Answer(500, "x"), "Sign-in is not possible now (500)."),
    ],
    ids=["no network", "too many", "locked", "unconfirmed", "second factor", "500"],
)
def test_a_sign_in_that_fails_says_why(page: Page, canned: Canned, answer: Answer, message: str) -> None:
    canned.cognito = [answer]
    page.type(EMAIL, "#username")
    page.type(PASSWORD, "#password")
    page.press("Enter")
    page.wait("!document.querySelector('#problem').hidden")
    assert page.text("#problem") == message
    page.press("Enter")
    page.wait_for("Bill so far")


def test_many_answers_of_401_renew_the_token_once(page: Page, canned: Canned) -> None:
    unauthorized = json_answer({"message": "The incoming token has expired"}, 401)
    canned.answers[f"invoices/{DOCUMENT}"] = [unauthorized] * 2
    sign_in(page, f"#/invoices/{DOCUMENT}")
    assert page.text("#title") == DOCUMENT
    assert canned.tokens == 2


def test_a_token_that_is_refused_twice_leads_back_to_the_sign_in_and_then_on(page: Page, canned: Canned) -> None:
    canned.answers["invoices"] = [json_answer({"message": "Unauthorized"}, 401)] * 2
    page.value("location.hash = '#/invoices'")
    page.type(EMAIL, "#username")
    page.type(PASSWORD, "#password")
    page.press("Enter")
    page.wait_for("Your session has expired. Sign in again to go on where you were.")
    assert page.value("document.querySelector('#bar').hidden") is True
    sign_in(page)
    assert page.text("#title") == "Invoices"


def test_without_a_connection_an_expired_session_is_not_given_up(page: Page, canned: Canned) -> None:
    canned.answers["usage"] = [json_answer({"message": "expired"}, 401)]
    canned.cognito = [canned.signed_in(), Answer(fails=True)]
    sign_in(page)
    assert page.text("#title") == "No connection"
    page.click("#again")
    page.wait_for("Bill so far")


def test_the_sign_in_sends_what_cognito_asks_for(page: Page) -> None:
    sign_in(page)
    [sent] = [sent for sent in page.sent if sent.url.startswith(COGNITO) and sent.method == "POST"]
    assert json.loads(sent.body) == {
        "ClientId": "client1",
        "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": {"USERNAME": EMAIL, "PASSWORD": PASSWORD},
    }
    assert sent.headers["X-Amz-Target"] == "AWSCognitoIdentityProviderService.InitiateAuth"
