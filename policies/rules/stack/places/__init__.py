"""Where the resources of a stack are: in the stack's region, and for CloudFront also in us-east-1."""
