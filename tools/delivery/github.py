"""GitHub: one comment per pull request and stack, one open issue per stack that drifts."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from tools.delivery.failure import DeliveryError

Send = Callable[[Request], Any]
"""Sends a request and returns the answer's JSON."""
AUTHOR = "github-actions[bot]"
"""Who a job's token writes as. Others can write a marker, too, so only what this one wrote is written over."""
_PAGE = 100
_PAGES = 30
_TIMEOUT_SECONDS = 30


class GitHub:
    """One repository, by the token of a job."""

    def __init__(self, environment: Mapping[str, str], send: Send | None = None) -> None:
        """Read the environment of a job of GitHub Actions.

        Args:
            environment: with GITHUB_REPOSITORY, GITHUB_TOKEN and, elsewhere than on github.com, GITHUB_API_URL.
            send: sends a request; over the network if absent.

        Raises:
            DeliveryError: the environment lacks something.
        """
        lacking = [name for name in ("GITHUB_REPOSITORY", "GITHUB_TOKEN") if not environment.get(name)]
        if lacking:
            raise DeliveryError(f"{', '.join(lacking)} must be set: a comment or an issue is written by a job's token")
        api = environment.get("GITHUB_API_URL") or "https://api.github.com"
        if not api.startswith("https://"):
            raise DeliveryError(f"GITHUB_API_URL: must begin with https://, got {api!r}")
        self._repository = f"{api}/repos/{environment['GITHUB_REPOSITORY']}"
        self._issues = f"{self._repository}/issues"
        self._token = environment["GITHUB_TOKEN"]
        self._send = send or _send

    def reviewers(self, environment: str) -> list[str]:
        """Return whom GitHub asks before a job may use an environment: names of people and teams."""
        url = f"{self._repository}/environments/{quote(environment, safe='')}"
        return [
            str(reviewer["reviewer"].get("login") or reviewer["reviewer"].get("slug"))
            for rule in self._call("GET", url).get("protection_rules", [])
            if rule["type"] == "required_reviewers"
            for reviewer in rule["reviewers"]
        ]

    def comment(self, pull: int, marker: str, body: str) -> str:
        """Write the comment with this marker on a pull request, or write over it; return its address."""
        text = {"body": f"{marker}\n{body}"}
        for comment in self._pages(f"{self._issues}/{pull}/comments"):
            if _is_ours(comment, marker):
                return str(self._call("PATCH", f"{self._issues}/comments/{int(comment['id'])}", text)["html_url"])
        return str(self._call("POST", f"{self._issues}/{pull}/comments", text)["html_url"])

    def open_issue(self, marker: str, title: str, body: str) -> str:
        """Open the issue with this marker, or write over the one that is open; return its address."""
        text = {"title": title, "body": f"{marker}\n{body}"}
        for number in self._open(marker):
            return str(self._call("PATCH", f"{self._issues}/{number}", text)["html_url"])
        return str(self._call("POST", self._issues, text)["html_url"])

    def close_issues(self, marker: str, reason: str) -> list[str]:
        """Close what is open with this marker, and say why; return the addresses."""
        closed = []
        for number in list(self._open(marker)):
            self._call("POST", f"{self._issues}/{number}/comments", {"body": reason})
            done = {"state": "closed", "state_reason": "completed"}
            closed.append(str(self._call("PATCH", f"{self._issues}/{number}", done)["html_url"]))
        return closed

    def _open(self, marker: str) -> Iterator[int]:
        for issue in self._pages(f"{self._issues}?state=open"):
            if "pull_request" not in issue and _is_ours(issue, marker):
                yield int(issue["number"])

    def _pages(self, url: str) -> Iterator[dict[str, Any]]:
        for page in range(1, _PAGES + 1):
            items = self._call("GET", f"{url}{'&' if '?' in url else '?'}per_page={_PAGE}&page={page}")
            yield from items
            if len(items) < _PAGE:
                return

    def _call(self, method: str, url: str, body: dict[str, str] | None = None) -> Any:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self._token}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        data = None if body is None else json.dumps(body).encode()
        return self._send(Request(url, data=data, headers=headers, method=method))  # noqa: S310 - https, checked


def _is_ours(item: dict[str, Any], marker: str) -> bool:
    return (item.get("user") or {}).get("login") == AUTHOR and str(item.get("body") or "").startswith(f"{marker}\n")


def _send(request: Request) -> Any:
    try:
        with urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 - https, checked
            return json.load(response)
    except HTTPError as error:
        said = error.read().decode(errors="replace")
        raise DeliveryError(
            f"{request.method} {request.full_url}: GitHub answered {error.code}: {said[:500]}"
        ) from error
    except URLError as error:
        raise DeliveryError(f"{request.method} {request.full_url}: {error.reason}") from error
