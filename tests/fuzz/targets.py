"""All targets, by name."""

from tests.fuzz import access_log, posted, usage_events

TARGETS = {"access_log": access_log.TARGET, "usage_events": usage_events.TARGET, "posted": posted.TARGET}
