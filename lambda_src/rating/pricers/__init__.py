"""One pricer per price model. Each reads its own keys, prices a quantity, and scales its figures to a segment."""
