"""The billing workflow: runs that rate every tenant, number invoices without gaps, and issue them once."""
