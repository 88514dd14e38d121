"""What the reader of one secret may do: pure statements."""

from typing import Final

from components.iam import Statement, allow

READ_ACTIONS: Final = ("secretsmanager:GetSecretValue",)


def read_secret(sid: str, secret_arn: str) -> Statement:
    """The value of this secret and of no other."""
    return allow(sid, READ_ACTIONS, [secret_arn])


def named_secret(name: str, region: str, account: str, partition: str) -> str:
    """The ARN of the secret of that name, whose last six characters Secrets Manager chooses."""
    return f"arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-??????"
