"""Billing runs: planning, rating, numbering and issuing, with their state in DynamoDB and S3."""
