"""The output of each agent of a run, for the next one: one JSON object per step in the payload bucket."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtime.process.run_files import RunFiles

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class StepOutput:
    """The answer of an agent."""

    agent: str
    text: str


class StepOutputs:
    """The outputs of all runs. Calls block, and raise botocore's errors."""

    def __init__(self, bucket: str, s3: "S3Client") -> None:
        self._bucket = bucket
        self._s3 = s3

    def write(self, run_id: str, step: int, output: StepOutput) -> str:
        """Store it with the names of the files that the run has so far; returns its key."""
        files = RunFiles(self._bucket, self._s3, run_id).list()
        body = {"agent": output.agent, "step": step, "text": output.text, "files": files}
        encoded = json.dumps(body, ensure_ascii=False).encode("utf-8", errors="replace")
        key = f"runs/{run_id}/steps/{step:02d}-{output.agent}.json"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=encoded, ContentType="application/json")
        return key

    def read(self, key: str) -> StepOutput:
        body = json.loads(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read())
        return StepOutput(body["agent"], body["text"])
