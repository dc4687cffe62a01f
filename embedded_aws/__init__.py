"""An AWS on one machine: what the program uses, on loopback, with nothing but PyPI packages."""
