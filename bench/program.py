"""The time of the Pulumi program with the recording monitor, in its own process, compared with its unavoidable part:
the import of Pulumi and of the AWS modules that it uses."""

import subprocess
import sys

from bench.measurement import Measurement, MeasurementError, Options, median_seconds
from sandbox.errors import SandboxError
from sandbox.lifecycle.recorder import record
from sandbox.paths import REPOSITORY

GOAL_SECONDS = 2.0
IMPORTS = "import pulumi; from pulumi_aws import apigatewayv2, cloudwatch, dynamodb, iam, lambda_, s3, sqs"


def measure(options: Options) -> list[Measurement]:
    try:
        record(REPOSITORY, "local")  # builds the packages, which is the measurement `package`
        taken = median_seconds(lambda: record(REPOSITORY, "local"), options.repeats)
    except SandboxError as error:
        raise MeasurementError(str(error)) from error
    imports = median_seconds(import_pulumi, options.repeats)
    return [
        Measurement("program under mocks", taken, "s", "import of pulumi and pulumi_aws", imports, goal=GOAL_SECONDS)
    ]


def import_pulumi() -> None:
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)  # noqa: S603
