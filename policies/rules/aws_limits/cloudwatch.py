"""The numbers and names of CloudWatch's alarms, dashboards and metric filters."""

from typing import Final

from policies.rules.aws_limits.source import READ_NEWS, SERVICE_MODELS, Name, Range, Source

QUOTAS: Final = Source(
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html", READ_NEWS
)
ALARM_API: Final = Source(
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html", READ_NEWS
)
LOGS_API: Final = Source(
    "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html", READ_NEWS
)

ALARM_NAME: Final = Name(255, r"[^\x00-\x1f]+", SERVICE_MODELS)
ALARM_ACTIONS: Final = Range(0, 5, "actions", QUOTAS)
ALARM_SHORT_PERIODS: Final = (10, 20, 30)
"""The only periods in seconds that are no multiple of 60; metrics of AWS's own services have none of these."""

ALARM_EVALUATION: Final = Range(1, 86_400, "seconds", ALARM_API)
"""An alarm's period times its evaluation periods."""

ALARM_LONG_EVALUATION: Final = Range(1, 604_800, "seconds", ALARM_API)
"""The same where the period is an hour at least."""

DASHBOARD_NAME: Final = Name(255, r"[A-Za-z0-9_-]+", QUOTAS)
DASHBOARD_WIDGETS: Final = Range(0, 500, "widgets", QUOTAS)
WIDGET_METRICS: Final = Range(1, 500, "metrics", QUOTAS)
DASHBOARD_METRICS: Final = Range(0, 2_500, "metrics", QUOTAS)
DASHBOARD_COLUMNS: Final = 24

METRIC_FILTER_NAME: Final = Name(512, "[^:*]+", SERVICE_MODELS)
METRIC_FILTER_DIMENSIONS: Final = Range(0, 3, "dimensions", LOGS_API)
METRIC_FILTERS: Final = Range(0, 100, "filters", LOGS_API)
"""Of one log group."""
