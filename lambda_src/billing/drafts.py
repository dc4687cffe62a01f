"""Batches of a draft run: every tenant's draft is written anew, and told of when it is the first of its period."""

from collections.abc import Sequence
from dataclasses import replace

from billing import events
from billing.inputs import Run, TenantInput
from billing.parts import Parts
from billing.rate import Rated, TenantError, rate_tenant
from billing.records import Head
from invoicing.keys import draft_stem


def rate_drafts(parts: Parts, run: Run, tenants: Sequence[TenantInput]) -> None:
    """Write the drafts of a batch. A tenant that cannot be billed keeps the draft it has; the reason is buried."""
    heads = parts.store.heads([tenant.tenant_id for tenant in tenants], run.period)
    written: list[Head] = []
    for tenant in tenants:
        head = heads.get(tenant.tenant_id)
        if head and (head.state != "draft" or head.as_of > run.as_of_text):
            continue
        try:
            rated = rate_tenant(parts, run, tenant, head)
        except TenantError as error:
            parts.tasks.bury(str(error), run_id=run.run_id, tenant_id=tenant.tenant_id)
            continue
        draft = _write(parts, rated, head) if rated else None
        if draft:
            written.append(draft)
    parts.outbox.publish(events.drafted(head, parts.documents).key for head in written)


def _write(parts: Parts, rated: Rated, head: Head | None) -> Head | None:
    """Write a draft's documents, then its state; return it unless a later run was there before."""
    stem = draft_stem(rated.head.period, rated.head.tenant_id)
    etags = parts.documents.write_draft(
        stem, rated.document, as_of=rated.head.as_of, etags=head.etags if head else None
    )
    if etags is None:
        return None
    draft = replace(rated.head, location=stem, etags=etags)
    if head is None:
        written = parts.store.write_draft(draft, events.drafted(draft, parts.documents))
    else:
        written = parts.store.rewrite_draft(draft)
    return draft if written else None
