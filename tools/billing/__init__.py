"""The operator's commands for billing: `python -m tools.billing`, against the embedded AWS or a deployed stack."""
