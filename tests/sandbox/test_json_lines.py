import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from sandbox.json_lines import JsonLines

ECHO = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"


def test_messages_come_back_in_order_and_the_end_is_reported() -> None:
    heard: list[Mapping[str, Any]] = []
    with subprocess.Popen(
        [sys.executable, "-c", ECHO], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        talk = JsonLines(process, heard.append)
        talk.send({"number": 1})
        talk.send({"text": "zwei\n"})
        talk.close_input()
        talk.join(30)

    assert heard == [{"number": 1}, {"text": "zwei\n"}, {"event": "closed"}]


def test_what_is_sent_to_a_process_that_has_ended_is_dropped() -> None:
    heard: list[Mapping[str, Any]] = []
    with subprocess.Popen(
        [sys.executable, "-c", ""], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        talk = JsonLines(process, heard.append)
        talk.join(30)
        talk.send({"number": 1})
        talk.close_input()

    assert heard == [{"event": "closed"}]
