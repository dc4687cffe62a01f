"""From the rows of the table to measured usage: meters as Athena SQL, and what its answers mean. No I/O, no AWS."""
