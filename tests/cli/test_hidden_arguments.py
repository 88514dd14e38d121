import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.paths import REPOSITORY

PROGRAM = """
import sys
from pathlib import Path
from cli.hidden_arguments import hide_argument
hide_argument(sys.argv[1])
print(Path("/proc/self/cmdline").read_bytes().replace(b"\\0", b" ").decode(), sys.argv[1])
"""


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("word", ["https://me:s3cr3t@host/v1", "https://host/v1?key=schlüssel"])
def test_a_hidden_argument_is_known_to_the_process_and_not_to_others(word: str) -> None:
    done = subprocess.run(  # noqa: S603  this test's own code
        [sys.executable, "-c", PROGRAM, word, "other"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    shown, _, kept = done.stdout.strip().rpartition(" ")

    assert kept == word
    assert word not in shown
    assert "*" * len(word.encode()) in shown
    assert shown.endswith(" other ")
