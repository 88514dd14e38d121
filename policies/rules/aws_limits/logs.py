"""The numbers and names of CloudWatch Logs."""

from typing import Final

from policies.rules.aws_limits.source import SERVICE_MODELS, Name

RETENTION_DAYS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180),
    *(365, 400, 545, 731, 1_096, 1_827, 2_192, 2_557, 2_922, 3_288, 3_653),
)
"""The only periods that a log group can have; 0 stands for never. (PutRetentionPolicy)"""

LOG_GROUP_NAME: Final = Name(512, "(?!aws/)[A-Za-z0-9._/#-]+", SERVICE_MODELS)
SUBSCRIPTIONS: Final = 2
"""Subscription filters of one log group, a quota that is not adjustable."""

VENDED_PREFIX: Final = "/aws/vendedlogs/"
"""Names for which AWS services need no entry of their own in the account's resource policy of 5,120 characters."""
