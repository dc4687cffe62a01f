"""Pure rating: a price and a usage become an invoice line. No I/O, no AWS; docs/adr/0013 has the fine print."""
