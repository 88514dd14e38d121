"""The time that the policy pack adds to `pulumi preview`, where the Pulumi command line is installed."""

import shutil
import tempfile
from pathlib import Path
from typing import Final

from bench.measurement import Measurement, MeasurementError, NotAvailableError, Options, median_seconds
from bench.pulumi_project import PulumiError, PulumiProject
from sandbox.errors import SandboxError
from sandbox.lifecycle.commands import UpOptions, down, up

GOAL_SECONDS: Final = 2.0


def measure(options: Options) -> list[Measurement]:
    if shutil.which("pulumi") is None:
        raise NotAvailableError("there is no pulumi on the PATH, so no preview was timed with and without the pack")
    with tempfile.TemporaryDirectory(prefix="longrun-bench-") as folder:
        state_dir = Path(folder) / "sandbox"
        try:
            state = up(UpOptions(state_dir=state_dir, port=0, empty=True), lambda _: None)
        except SandboxError as error:
            raise MeasurementError(str(error)) from error
        try:
            return timed(PulumiProject(_made(Path(folder) / "project"), state.endpoint, state.keys), options)
        except PulumiError as error:
            raise MeasurementError(str(error)) from error
        finally:
            down(state_dir)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def timed(project: PulumiProject, options: Options) -> list[Measurement]:
    """Times previews of a stack that does not exist yet. Raises PulumiError."""
    project.create()
    project.pulumi("preview")  # builds the packages and fetches the provider
    without = median_seconds(lambda: project.pulumi("preview"), options.repeats)
    with_pack = median_seconds(project.preview_with_policies, options.repeats)
    added = max(0.0, with_pack - without)
    return [
        Measurement("what the pack adds to a preview", added, "s", "a preview without it", without, goal=GOAL_SECONDS)
    ]
