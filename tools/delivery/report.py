"""What people read of a preview, a plan or a look for drift: Markdown for a comment, a job's summary or an issue."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

LIMIT = 60_000
"""Characters of Pulumi's text in a report; GitHub takes 65,536 in a comment or an issue."""
_SUMMARY = re.compile(r"^Resources:\n((?:[ \t]+\S.*\n?)+)", re.MULTILINE)
_FENCE = re.compile(r"~{3,}")


@dataclass(frozen=True)
class Origin:
    """Where a report comes from."""

    commit: str
    """The commit's hash; empty if none is known."""
    run: str
    """Address of the run that made it; empty on a person's machine."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Origin":
        """Read the environment of a job of GitHub Actions; `COMMIT` says it better where GitHub merges to test."""
        run = environment.get("GITHUB_RUN_ID", "")
        at = f"{environment.get('GITHUB_SERVER_URL')}/{environment.get('GITHUB_REPOSITORY')}/actions/runs/{run}"
        return cls(commit=environment.get("COMMIT") or environment.get("GITHUB_SHA", ""), run=at if run else "")


def report(title: str, outcome: str, text: str, origin: Origin) -> str:
    """Return a report.

    Args:
        title: what was looked at.
        outcome: what came of it, in a few words.
        text: all that Pulumi printed; its middle is left out if it is too long.
        origin: where it comes from.
    """
    counts = _SUMMARY.findall(text)
    lines = [f"### {title}: {outcome}", ""]
    if counts:
        lines += [", ".join(line.strip() for line in counts[-1].splitlines()), ""]
    fence = "~" * max([3, *(len(found) + 1 for found in _FENCE.findall(text))])
    lines += [
        "<details><summary>What Pulumi printed</summary>",
        "",
        f"{fence}text",
        *shortened(text, origin).splitlines(),
    ]
    lines += [fence, "", "</details>", ""]
    said = [f"commit {origin.commit}" if origin.commit else "", f"[the run]({origin.run})" if origin.run else ""]
    if any(said):
        lines += [", ".join(part for part in said if part), ""]
    return "\n".join(lines)


def shortened(text: str, origin: Origin, limit: int = LIMIT) -> str:
    """Return a text without its middle, if it is longer than the limit: what decides stands at its end."""
    text = text.strip("\n")
    if len(text) <= limit:
        return text
    where = f", all of it is in {origin.run}" if origin.run else ""
    gap = f"\n… {len(text) - limit} characters are left out here{where} …\n"
    return text[: limit // 3] + gap + text[-(limit - limit // 3) :]
