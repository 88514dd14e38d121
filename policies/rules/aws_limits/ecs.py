"""ECS's numbers, those of Fargate above all."""

from collections.abc import Mapping
from typing import Final

from policies.rules.aws_limits.source import SERVICE_MODELS, Name, Range, Source

TASK_SIZES: Final = Source("https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html")
TASK_PARAMETERS: Final = Source(
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html"
)
RUN_TASK_API: Final = Source("https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html")

FARGATE_MEMORY: Final[Mapping[int, tuple[int, ...]]] = {
    256: (512, 1_024, 2_048),
    512: (1_024, 2_048, 3_072, 4_096),
    1_024: tuple(range(2_048, 8_192 + 1, 1_024)),
    2_048: tuple(range(4_096, 16_384 + 1, 1_024)),
    4_096: tuple(range(8_192, 30_720 + 1, 1_024)),
    8_192: tuple(range(16_384, 61_440 + 1, 4_096)),
    16_384: tuple(range(32_768, 122_880 + 1, 8_192)),
}
"""MiB of memory by CPU units (1,024 are one vCPU): Fargate has no other combinations (TASK_SIZES)."""

FARGATE_STORAGE: Final = Range(21, 200, "GiB", TASK_PARAMETERS)
FARGATE_LOG_DRIVERS: Final = ("awsfirelens", "awslogs", "splunk")
FARGATE_STOP_SECONDS: Final = Range(0, 120, "seconds", TASK_PARAMETERS)
CPU_ARCHITECTURES: Final = ("ARM64", "X86_64")

OVERRIDES: Final = Range(0, 8_192, "characters", RUN_TASK_API)
"""Of all overrides of one RunTask, as JSON."""
CLUSTER_NAME: Final = Name(255, "[A-Za-z0-9_-]+", SERVICE_MODELS)
FAMILY: Final = Name(255, "[A-Za-z0-9_-]+", SERVICE_MODELS)
SECURITY_GROUP_NAME: Final = Name(255, "(?!sg-)[A-Za-z0-9 ._:/()#,@\\[\\]+=&;{}!$*-]+", SERVICE_MODELS)
"""Of a group in a VPC (EC2, CreateSecurityGroup)."""
