"""Runs in DynamoDB: the lock of final runs, attempts and their batches, candidates, and the counters of numbers."""

import heapq
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from billing.dynamo import Condition, ConditionFailedError, Table, Write
from billing.records import CURRENT, FINAL, NUMBERS, PERIODS, Attempt, Candidate, FinalRun, Stage
from billing.store import ABSENT, SHARDS


class Runs:
    """The items of runs, in the table of invoices.

    Args:
        client: of boto3, for DynamoDB.
        invoices: name of the table.
    """

    def __init__(self, client: Any, invoices: str) -> None:
        self._table = Table(client, invoices)

    def final(self) -> FinalRun | None:
        """Return the final run in flight, or the last one; None before the first."""
        item = self._table.get((FINAL, CURRENT))
        return FinalRun.of(item) if item else None

    def claim(self, run: FinalRun) -> bool:
        """Make a final run the one in flight; return whether it is.

        One that is still rating is replaced by itself or a later one, and thereby abandoned; one that has numbers
        must come to its end first; after its end only a later one may follow.
        """
        condition = Condition(
            "attribute_not_exists(#pk) OR "
            "(#state = :rating AND #order <= :order) OR (#state = :done AND #order < :order)",
            {"rating": "rating", "done": "done", "order": run.order},
        )
        try:
            self._table.put(run.to_item(), condition)
        except ConditionFailedError:
            return False
        return True

    def none_in_flight(self) -> Write:
        """Return the element of a transaction which demands that no final run is in flight.

        What is billed must not change while a final run computes differences from it.
        """
        condition = Condition("attribute_not_exists(#pk) OR #state = :done", {"done": "done"})
        return self._table.checking((FINAL, CURRENT), condition)

    def number(self, run: FinalRun, *, attempt: str, prefix: str, year: int, count: int, left: int) -> FinalRun | None:
        """Give a run that is rating the next numbers of a series, and fix the attempt whose candidates get them.

        Args:
            run: as it was read.
            attempt: which is complete.
            prefix: of the series.
            year: of the series.
            count: how many numbers it needs; may be 0.
            left: how many tenants it cannot bill.

        Returns:
            The run as it is then; None if it is no longer rating.
        """
        series = f"{prefix}-{year}"
        while True:
            first = self.next_number(series)
            block = {"prefix": prefix, "year": year, "first": first, "count": count}
            condition = Condition("#run_id = :run AND #state = :rating", {"run": run.run_id, "rating": "rating"})
            change = "SET #state = :numbered, #attempt = :attempt, #block = :block, #left = :left"
            values = {"numbered": "numbered", "attempt": attempt, "block": block, "left": left}
            numbered = self._table.updating((FINAL, CURRENT), change, condition, **values)
            try:
                self._table.transact([numbered, *([self.taking(series, first, count)] if count else [])])
            except ConditionFailedError as error:
                if 0 in error.failed:
                    return None
                continue  # another writer took numbers of the series: with the next ones
            return replace(run, state="numbered", attempt=attempt, block=block, left=left)

    def next_number(self, series: str) -> int:
        """Return the next number of a series such as `INV-2026`."""
        item = self._table.get((NUMBERS, series))
        return item["next"] if item else 1

    def taking(self, series: str, first: int, count: int) -> Write:
        """Return the element of a transaction that takes numbers, which fails if `first` is not the next one."""
        condition = (
            Condition("#next = :first", {"first": first}) if first > 1 else Condition("attribute_not_exists(#pk)")
        )
        return self._table.updating((NUMBERS, series), "SET #next = :after", condition, after=first + count)

    def finish(self, run: FinalRun) -> bool:
        """Lead a numbered run whose documents are all issued to its end, and its period with it.

        Returns:
            Whether this call did; false if it was done before.
        """
        condition = Condition("#run_id = :run AND #state = :numbered", {"run": run.run_id, "numbered": "numbered"})
        done = self._table.updating((FINAL, CURRENT), "SET #state = :done", condition, done="done")
        change = (
            "SET #period = :period, #state = :state, #tried = :tried, #left = :left, "
            "#cutoff = if_not_exists(#cutoff, :cutoff) ADD #issued :count"
        )
        period = self._table.updating(
            (PERIODS, str(run.period)),
            change,
            None,
            period=str(run.period),
            state="open" if run.left else "closed",
            tried=run.run_time,
            left=run.left,
            cutoff=run.cutoff,
            count=run.block["count"] if run.block else 0,
        )
        try:
            self._table.transact([done, period])
        except ConditionFailedError:
            return False
        return True

    def continue_at(self, run_id: str, time: str | None) -> None:
        """Note for which time the planner is to be called after a run; None: it was called. Other runs are left."""
        change = "REMOVE #continue_at" if time is None else "SET #continue_at = :time"
        condition = Condition("#run_id = :run", {"run": run_id})
        try:
            self._table.update((FINAL, CURRENT), change, condition, **({} if time is None else {"time": time}))
        except ConditionFailedError:
            return

    def attempt(self, run_id: str, attempt: str, stage: Stage) -> Attempt:
        """Return how far an attempt is at a stage."""
        empty = Attempt(run_id, attempt, stage)
        item = self._table.get(empty.key)
        return _attempt(item) if item else empty

    def batch_done(self, run_id: str, attempt: str, stage: Stage, batch: int) -> Attempt:
        """Note that a batch is done, be it again, and return how far the attempt is then."""
        return self._advance(Attempt(run_id, attempt, stage), "ADD #done :batch", batch={batch})

    def all_sent(self, run_id: str, attempt: str, stage: Stage, *, batches: int, refused: int = 0) -> Attempt:
        """Note how many batches there are, now that all are sent, and return how far the attempt is then."""
        return self._advance(
            Attempt(run_id, attempt, stage),
            "SET #batches = :batches, #refused = :refused",
            batches=batches,
            refused=refused,
        )

    def put_candidate(self, candidate: Candidate) -> Candidate:
        """Write a candidate unless there is one; return the one that is there then."""
        try:
            self._table.put(candidate.to_item(), ABSENT)
        except ConditionFailedError:
            item = self._table.get(candidate.key)
            if item is None:
                raise
            return Candidate.of(item)
        return candidate

    def candidates(self, run_id: str, attempt: str) -> Iterator[Candidate]:
        """Yield an attempt's candidates in the order of their tenants, holding one page of each shard."""
        shards = [self._table.query(f"RUN#{run_id}#{attempt}#{shard}") for shard in SHARDS]
        return map(Candidate.of, heapq.merge(*shards, key=lambda item: item["tenant_id"]))

    def _advance(self, attempt: Attempt, change: str, **values: Any) -> Attempt:
        named = "#run_id = :run_id, #attempt = :attempt, #stage = :stage"
        keys = {"run_id": attempt.run_id, "attempt": attempt.attempt, "stage": attempt.stage}
        change = f"{change}, {named}" if change.startswith("SET ") else f"SET {named} {change}"
        return _attempt(self._table.update(attempt.key, change, None, **keys, **values))


def _attempt(item: dict[str, Any]) -> Attempt:
    return replace(Attempt.of(item), done=frozenset(item.get("done", ())))
