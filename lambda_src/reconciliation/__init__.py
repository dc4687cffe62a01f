"""Reconciliation: of every closed hour, whether what was counted on the way in became rows. `balance` is pure."""
