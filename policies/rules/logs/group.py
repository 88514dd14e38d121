"""What the rules of this folder know about a log group: its type, and what stands on it."""

from typing import Final

LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
METRIC_FILTER: Final = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
SUBSCRIPTION: Final = "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter"
DELIVERY: Final = "DELIVERY"
"""A class of groups whose retention CloudWatch sets itself."""
