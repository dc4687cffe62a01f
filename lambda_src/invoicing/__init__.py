"""Invoices and credit notes as documents: pure, no I/O. docs/invoice-v1.schema.json has their form."""
