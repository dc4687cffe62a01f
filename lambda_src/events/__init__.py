"""Usage events: what is taken from `POST /events` and from the events' stream, and what becomes of it.

No I/O of its own: whatever is read or put goes through what is handed in.
"""

from events.answer import Answer
from events.delivery import Clock, Delivery, Stream
from events.periods import FinalPeriods
from events.post import Intake, post
from events.rows import to_row, transform
from events.rules import Rules

__all__ = ["Answer", "Clock", "Delivery", "FinalPeriods", "Intake", "Rules", "Stream", "post", "to_row", "transform"]
