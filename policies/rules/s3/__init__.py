"""S3 buckets and what guards them."""
