"""The numbers and names of Secrets Manager."""

from typing import Final

from policies.rules.aws_limits.source import Name, Range, Source

SECRETS_API: Final = Source("https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html")
DELETION_API: Final = Source("https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html")
ROTATION_API: Final = Source(
    "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html"
)

SECRET_NAME: Final = Name(512, "[A-Za-z0-9/_+=.@-]+", SECRETS_API)
SECRET_VALUE: Final = Range(1, 65_536, "bytes", SECRETS_API)
RECOVERY_WINDOW: Final = Range(7, 30, "days", DELETION_API)
"""How long a deleted secret can be brought back; 0 stands for not at all."""

ROTATION_DAYS: Final = Range(1, 1_000, "days", ROTATION_API)
