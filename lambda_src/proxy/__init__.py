"""API Gateway's Lambda proxy integration: its event as a request, answers as what it takes. No I/O, no AWS."""
