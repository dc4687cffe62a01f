"""Which plan holds on which days of a period."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from rating.account import Subscription
from rating.catalog import Catalog, Plan
from rating.exact import show
from rating.failure import TermsError
from rating.form import Form, FormError
from rating.period import Period


@dataclass(frozen=True, slots=True)
class Segment:
    """Days in a row of a period on which the same terms hold."""

    index: int
    """Its number in the period, from 0."""
    start: date
    end: date
    """The first day that is no longer inside."""
    plan: str
    version: str
    on_default: bool
    """Whether the tenant has no subscription in it, so that it counts only if it has rows."""

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days

    def to_json(self) -> dict[str, Any]:
        """Return the segment as JSON values, which `parse_segments` reads."""
        return {
            "index": self.index,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "plan": self.plan,
            "version": self.version,
            "on_default": self.on_default,
        }


class _Terms(NamedTuple):
    """What holds on a day."""

    plan: str
    version: str
    on_default: bool


def parse_segments(value: Any, path: str = "segments") -> tuple[Segment, ...]:
    """Return the segments that a list of JSON values stands for.

    Raises:
        FormError: with every fault.
    """
    problems: list[str] = []
    forms = Form({path: value}, "", problems).objects(path)
    read = [_read_segment(form) for form in forms]
    if problems:
        raise FormError(problems)
    return tuple(read)


def segments_of(catalog: Catalog, subscriptions: Iterable[Subscription], period: Period) -> tuple[Segment, ...]:
    """Return the segments of a tenant's period, in order; none if no plan holds on any day.

    A day without a subscription is on the default plan. All days are in one currency, that of the first day with a
    subscription: a day whose own plan has another one takes the plan of the subscription before, until the period
    ends; where none is before, that of the first.

    Args:
        catalog: its plans.
        subscriptions: of the tenant, no day in two of them.
        period: which is split.

    Raises:
        TermsError: a subscription is to a plan that the catalog does not have, or not yet.
    """
    known = tuple(subscriptions)
    starts = _days_of_change(catalog, known, period)
    subscribed = [_subscribed_plan(catalog, known, day) for day in starts]
    default = catalog.plans[catalog.default_plan] if catalog.default_plan else None
    kept = next((plan for plan in subscribed if plan), None)
    segments: list[Segment] = []
    for start, end, plan in zip(starts, [*starts[1:], period.end_day], subscribed, strict=True):
        if plan and kept and plan.currency == kept.currency:
            kept = plan
        terms = _terms_on(start, plan or default, kept, on_default=plan is None)
        if terms:
            _extend(segments, start, end, terms)
    return tuple(segments)


def _days_of_change(catalog: Catalog, subscriptions: Iterable[Subscription], period: Period) -> list[date]:
    """Return the days of a period on which terms may begin, in order; the first day is always one."""
    days = {period.first_day}
    for subscription in subscriptions:
        days |= {subscription.start, subscription.end or period.end_day}
    for plan in catalog.plans.values():
        days |= {version.effective_from for version in plan.versions}
    return sorted(day for day in days if period.first_day <= day < period.end_day)


def _subscribed_plan(catalog: Catalog, subscriptions: Sequence[Subscription], day: date) -> Plan | None:
    for subscription in subscriptions:
        if subscription.covers(day):
            plan = catalog.plans.get(subscription.plan)
            if plan is None:
                raise TermsError(f"plan of the subscription must be in the catalog, got {show(subscription.plan)}")
            if plan.version_on(day) is None:
                raise TermsError(f"plan {plan.name} begins on {plan.versions[0].effective_from}, got {day}")
            return plan
    return None


def _terms_on(day: date, own: Plan | None, kept: Plan | None, *, on_default: bool) -> _Terms | None:
    """Return what holds on a day; None if it is a day without subscription, and there is no default plan yet."""
    version = own.version_on(day) if own else None
    if own is None or version is None:
        return None
    if kept and own.currency != kept.currency:
        # A plan that stands in before its first day is one that the tenant subscribes to only later in the period.
        own, version = kept, kept.version_on(day) or kept.versions[0]
    return _Terms(own.name, version.name, on_default)


def _extend(segments: list[Segment], start: date, end: date, terms: _Terms) -> None:
    """Let the last segment go on until a day if it has the same terms; else begin another."""
    last = segments[-1] if segments else None
    if last and last.end == start and _Terms(last.plan, last.version, last.on_default) == terms:
        segments[-1] = replace(last, end=end)
    else:
        segments.append(Segment(len(segments), start, end, *terms))


def _read_segment(form: Form) -> Segment:
    segment = Segment(
        int(form.number("index")),
        form.day("start"),
        form.day("end"),
        form.text("plan"),
        form.text("version"),
        form.flag("on_default"),
    )
    form.finish()
    return segment
