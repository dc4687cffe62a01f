"""Lake Formation: what it keeps (by moto), what it answers, and whom it lets do what, which the services ask it."""
