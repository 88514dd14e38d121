"""IAM policies: their statements, and what they allow."""
