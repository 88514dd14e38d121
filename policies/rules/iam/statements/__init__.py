"""What IAM policies say: their statements, and what they allow."""
