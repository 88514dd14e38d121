"""The types of secrets, of what stands on them, and of parameters."""

from typing import Final

SECRETS: Final = "aws:secretsmanager/secret:Secret"
VERSION: Final = "aws:secretsmanager/secretVersion:SecretVersion"
POLICY: Final = "aws:secretsmanager/secretPolicy:SecretPolicy"
ROTATION: Final = "aws:secretsmanager/secretRotation:SecretRotation"
PARAMETER: Final = "aws:ssm/parameter:Parameter"
