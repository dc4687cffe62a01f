"""What a finalized period is billed later: the difference to what invoices that stand have billed for it.

One rule, whatever happened before - late rows, voids, re-issues, in any order: per line and tax treatment, what is
right now less what is billed. So the sum of all that is billed for a period is always its re-rated bill.
"""

from invoicing.adjustments.billed import BilledLine, billed_lines
from invoicing.adjustments.difference import adjustment_of, billed_elsewhere
from invoicing.adjustments.form import AdjustmentLine, Figure, PeriodAdjustment

__all__ = [
    "AdjustmentLine",
    "BilledLine",
    "Figure",
    "PeriodAdjustment",
    "adjustment_of",
    "billed_elsewhere",
    "billed_lines",
]
