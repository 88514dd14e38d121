"""The numbers and names of Secrets Manager."""

from typing import Final

from policies.rules.aws_limits import Range

SECRETS_API: Final = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html"
DELETION_API: Final = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html"
ROTATION_API: Final = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html"

NAME_PATTERN: Final = "[A-Za-z0-9/_+=.@-]{1,512}"
SECRET_VALUE: Final = Range(1, 65_536, "bytes", SECRETS_API)
RECOVERY_WINDOW: Final = Range(7, 30, "days", DELETION_API)
"""How long a deleted secret can be brought back; 0 stands for not at all."""

ROTATION_DAYS: Final = Range(1, 1_000, "days", ROTATION_API)
