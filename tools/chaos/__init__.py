"""Chaos: many clients, a seeded plan of faults, and then proof that nothing is missing and every bill is right."""
