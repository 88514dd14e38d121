"""`longrun answer`: answers a question of a run."""

import sys
from typing import Annotated

import typer

from cli.deployment.connection import with_client
from cli.deployment.targets import find_deployment
from cli.errors import SUCCESS, CliError
from cli.options import Json, Run, TargetOptions
from cli.output import Output
from contract.questions import is_question_id

Words = Annotated[
    list[str],
    typer.Argument(
        metavar="[QUESTION] TEXT",
        help="The answer; - reads it from standard input. QUESTION is the id of the question, if several are open.",
    ),
]

_MOST_WORDS = 2


def answer(
    run: Run,
    words: Words,
    *,
    target: TargetOptions,
    as_json: Json = False,
) -> int:
    """Answer a question of a run that waits.

    The text is the answer, or the JSON that it holds where the question wants that. It is rejected if it does not fit;
    the question stays open then.

    JSON has {run_id, question_id, answer}; question_id is null if only one question is open and it was not named.
    """
    question, text = _split(words)
    text = sys.stdin.read().removesuffix("\n") if text == "-" else text
    output, deployment = Output(as_json), find_deployment(target)
    with output.busy("sending the answer"):
        with_client(deployment, target.user, lambda client: client.answer(run, text, question))
    output.document({"run_id": run, "question_id": question, "answer": text})
    output.line(f"answered; follow the run with 'longrun watch {run}{target.words()}'")
    return SUCCESS


def _split(words: list[str]) -> tuple[str | None, str]:
    if len(words) == 1:
        return None, words[0]
    if len(words) == _MOST_WORDS and is_question_id(words[0]):
        return words[0], words[1]
    if len(words) == _MOST_WORDS and words[0].startswith("q-"):
        raise CliError("USAGE", f"'{words[0]}' is not the id of a question; 'longrun watch' shows the ids")
    raise CliError("USAGE", 'the answer has several words; put it in quotes: longrun answer RUN "TEXT"')
