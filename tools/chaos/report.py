"""A run's results on the console, and as Markdown."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from rich.table import Table

from tools.chaos.results import FaultResult, Results

SECTION = "## A run of "
"""Begins the section of a Markdown file that a report takes the place of."""
_MINUTE, _HOUR = 60, 3600


def faults(results: Results) -> Table:
    """Lay out the faults by kind and place: injected, seen, recovered."""
    table = Table(title="Faults", title_justify="left")
    for name in _COLUMNS:
        table.add_column(name)
    for row in _rows(results.faults):
        table.add_row(*row)
    return table


def checks(results: Results) -> Table:
    """Lay out what must be equal."""
    table = Table(title="Checks", title_justify="left")
    for name in ("", "check", "must be", "is"):
        table.add_column(name)
    for check in results.checks:
        mark = "[green]✓[/]" if check.holds else "[bold red]✗[/]"
        table.add_row(mark, f"{check.expected_name}: {check.found_name}", str(check.expected), str(check.found))
    return table


def summary(results: Results) -> list[str]:
    """Say in some lines what was done."""
    repaired = results.repaired
    replayed = ", ".join(f"{count} of {source}" for source, count in sorted(repaired.replayed.items())) or "none"
    statuses = ", ".join(f"{status}: {count}" for status, count in results.statuses.items())
    whole = "never" if results.whole_after is None else span(results.whole_after)
    return [
        (
            f"seed {results.seed}: {results.requests} requests and {results.answered - results.requests} retries of"
            f" events answered ({statuses}), {results.events} usage events accepted"
        ),
        (
            f"{len(results.faults)} faults in {results.rounds} hours of the embedded clock,"
            f" up to {results.most_faults_at_once} at once"
        ),
        (
            f"repair: {repaired.backfilled} of {repaired.lost} lost lines put, {replayed} replayed from"
            f" {repaired.objects} error objects in {repaired.replays} replays; every alarm was over after {whole}"
        ),
        f"{results.duplicates} rows delivered twice, explained by the reconciliation",
        f"bills: {results.invoices}; reconciliation: {', '.join(results.reconciliation)}",
        (
            f"{results.rate:.0f} requests a second while clients sent, {results.seconds:.0f} s in all,"
            f" the embedded AWS had {results.peak_mib} MiB at most"
        ),
    ]


def markdown(results: Results) -> str:
    """Write the results as a section of a Markdown file."""
    lines = [f"{SECTION}{results.requests:,} requests", ""]
    lines += [f"- {line}" for line in summary(results)]
    lines += ["", *_table(_COLUMNS, _rows(results.faults)), ""]
    shown = [
        (check.name, check.expected_name, f"{check.expected}", check.found_name, f"{check.found}", _held(check.holds))
        for check in results.checks
    ]
    lines += [*_table(("check", "", "expected", "", "found", ""), shown), ""]
    for difference in results.differences:
        lines.append(f"- {difference.tenant}, {difference.line}: {difference.expected}, found {difference.found}")
    return "\n".join(lines).rstrip() + "\n"


def put(path: Path, results: Results) -> None:
    """Write the report into a Markdown file: in the place of the section that it has, else at its end."""
    text = path.read_text() if path.exists() else ""
    before, found, after = text.partition(SECTION)
    _, following, rest = after.partition("\n## ")
    written = markdown(results)
    end = f"\n## {rest}" if found and following else ""
    path.write_text(f"{before.rstrip()}\n\n{written}{end}".lstrip("\n"))


def span(time: timedelta) -> str:
    """Write a span of time in the largest unit that fits."""
    seconds = time.total_seconds()
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < 2 * _HOUR else f"{seconds / _HOUR:.1f} h"


_COLUMNS = ("fault", "where", "times", "struck", "seen by", "after", "over after")


def _rows(found: Sequence[FaultResult]) -> Iterable[tuple[str, ...]]:
    """Give a row for each kind of fault and place."""
    groups: dict[tuple[str, str], list[FaultResult]] = {}
    for one in found:
        groups.setdefault((one.kind, one.where), []).append(one)
    for (kind, where), some in sorted(groups.items()):
        struck = [one.struck for one in some if one.struck is not None]
        yield (
            kind,
            where,
            str(len(some)),
            str(sum(struck)) if struck else "-",
            ", ".join(sorted({one.seen_by for one in some if one.seen_by})) or "nothing",
            _range([one.seen_after for one in some]),
            _range([one.over_after for one in some]),
        )


def _range(spans: Sequence[timedelta | None]) -> str:
    known = sorted(one for one in spans if one is not None)
    if not known:
        return "-"
    first, last = span(known[0]), span(known[-1])
    return first if first == last else f"{first} to {last}"


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    head = [f"| {' | '.join(names)} |", f"|{' --- |' * len(names)}"]
    return [*head, *(f"| {' | '.join(row)} |" for row in rows)]


def _held(holds: bool) -> str:
    return "as it must be" if holds else "**wrong**"
