from typing import Any, cast

from runtime.agentcore.step_outputs import StepOutput, StepOutputs
from tests.runtime.stage import MemoryBucket


def test_an_output_is_found_by_the_key_that_writing_gave() -> None:
    bucket = MemoryBucket()
    outputs = StepOutputs("payloads", cast(Any, bucket))
    bucket.objects["runs/r/files/report.md"] = b"#"

    key = outputs.write("r", 12, StepOutput("reporter", "1 794 € \N{SNOWMAN}"))

    assert key == "runs/r/steps/12-reporter.json"
    assert outputs.read(key) == StepOutput("reporter", "1 794 € \N{SNOWMAN}")


def test_half_a_character_does_not_keep_an_output_from_being_stored() -> None:
    outputs = StepOutputs("payloads", cast(Any, MemoryBucket()))

    key = outputs.write("r", 1, StepOutput("reporter", "cut \ud83d"))

    assert outputs.read(key).text == "cut ?"
