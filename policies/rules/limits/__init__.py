"""AWS's numbers by service, in the form of policies.rules.aws_limits."""
