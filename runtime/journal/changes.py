"""Every change of a run's head, each with the condition under which it may happen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract.events import FINAL_EVENTS, EventType, Status
from runtime.journal.active import ACTIVE, ACTIVE_VALUES
from runtime.journal.items import head_key
from runtime.journal.table import Update

MAX_SUBSCRIBERS = 50
"""Of one run: the one worker posts every event to each, and the head's item names each."""

_WAITING = ":waiting"

_STEP_IS_NEXT = "#step = :before AND #step_done = :before"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question changes in the head: the number of open questions, the answers that are left for later ones (as
    JSON), the run's new deadline, the step that waits (0 for a run without steps), and what the run has used so far
    (None: as before)."""

    open_questions: int
    answers: str
    deadline_at: float
    step: int = 0
    usage: Mapping[str, int] | None = None


def claim(run_id: str, nonce: str, now: float) -> Update:
    """By `nonce` the worker recognises its own claim when the response to it is lost."""
    return Update(
        head_key(run_id),
        "SET #status = :running, #epoch = #epoch + :one, #heartbeat_at = :now, #claimed_at = :now, #claim = :claim",
        "#status = :queued AND attribute_not_exists(#behind)",
        {
            ":running": Status.RUNNING.value,
            ":queued": Status.QUEUED.value,
            ":one": 1,
            ":now": now,
            ":claim": nonce,
        },
    )


def claim_step(run_id: str, step: int, nonce: str, now: float) -> Update:
    """The step starts, once, and no worker of an earlier step can end the run any more; `nonce` as in claim."""
    return Update(
        head_key(run_id),
        "SET #status = :running, #epoch = #epoch + :one, #step = :step, #heartbeat_at = :now, #claimed_at = :now, "
        "#claim = :claim",
        f"{_STEP_IS_NEXT} AND {ACTIVE}",
        {":before": step - 1, ":one": 1, ":step": step, ":now": now, ":claim": nonce} | ACTIVE_VALUES,
    )


def claim_turn(run_id: str, workflow: str, nonce: str, now: float) -> Update:
    """A function of the run's own state machine starts a turn: no earlier one can write any more; `nonce` as in
    claim, `workflow` empty for whichever execution the run belongs to."""
    own = "#workflow = :workflow" if workflow else "attribute_exists(#workflow)"
    return Update(
        head_key(run_id),
        "SET #status = :running, #epoch = #epoch + :one, #heartbeat_at = :now, #claimed_at = :now, #claim = :claim",
        f"{own} AND #status IN (:queued, :running)",
        {
            ":running": Status.RUNNING.value,
            ":queued": Status.QUEUED.value,
            ":one": 1,
            ":now": now,
            ":claim": nonce,
            **({":workflow": workflow} if workflow else {}),
        },
    )


def mark_step_lost(run_id: str, step: int) -> Update:
    """The step counts as started, so that no worker can start it."""
    return Update(
        head_key(run_id),
        "SET #epoch = #epoch + :one, #step = :step",
        f"{_STEP_IS_NEXT} AND {ACTIVE}",
        {":before": step - 1, ":one": 1, ":step": step} | ACTIVE_VALUES,
    )


def complete_step(run_id: str, step: int, output: str, usage: Mapping[str, int], epoch: int) -> Update:
    return Update(
        head_key(run_id),
        "SET #step_done = :step, #output = :output, #usage = :usage",
        f"#epoch = :epoch AND {ACTIVE}",
        {":step": step, ":output": output, ":usage": usage, ":epoch": epoch} | ACTIVE_VALUES,
    )


def store_cursors(run_id: str, epoch: int, moved: Mapping[str, tuple[int, int]]) -> Update:
    """Connections' numbers, each from the stored one to the one that it has reached."""
    change, condition, values, names = _moved(moved)
    return Update(
        head_key(run_id), f"SET {change}", f"#epoch = :epoch AND {condition}", {":epoch": epoch, **values}, names
    )


def take_over(run_id: str, epoch: int, now: float, silent_since: float) -> Update:
    """Epoch `epoch` is followed by the next, where its worker has sent no heartbeat since that moment."""
    return Update(
        head_key(run_id),
        "SET #epoch = :next, #heartbeat_at = :now, #claimed_at = :now",
        "#epoch = :epoch AND #heartbeat_at <= :since AND #status IN (:running, :waiting)",
        {
            ":next": epoch + 1,
            ":now": now,
            ":epoch": epoch,
            ":since": silent_since,
            ":running": Status.RUNNING.value,
            ":waiting": Status.WAITING.value,
        },
    )


def heartbeat(run_id: str, epoch: int, now: float) -> Update:
    return Update(head_key(run_id), "SET #heartbeat_at = :now", "#epoch = :epoch", {":now": now, ":epoch": epoch})


def subscribe(run_id: str, connection_id: str, after: int) -> Update:
    return Update(
        head_key(run_id),
        "SET #subscribers.#connection = :after",
        f"{ACTIVE} AND (attribute_exists(#subscribers.#connection) OR size(#subscribers) < :most)",
        {":after": after, ":most": MAX_SUBSCRIBERS} | ACTIVE_VALUES,
        {"#connection": connection_id},
    )


def unsubscribe(run_id: str, connection_id: str) -> Update:
    return Update(
        head_key(run_id),
        "REMOVE #subscribers.#connection",
        "attribute_exists(#pk)",
        names={"#connection": connection_id},
    )


def release(run_id: str) -> Update:
    """Nobody can subscribe to an ended run, so none is lost."""
    values: dict[str, Any] = {":none": {}, ":seq": 0}
    return Update(head_key(run_id), "SET #subscribers = :none", "#last_seq > :seq", values)


def wait(run_id: str, epoch: int, asked: Asked) -> Update:
    """The run waits for the answers of its open questions; where all are answered ahead of time it goes on. A step that
    waits counts as not started: it is invoked again after the answers."""
    values = {
        ":epoch": epoch,
        ":answers": asked.answers,
        ":open": asked.open_questions,
        ":deadline": asked.deadline_at,
        ":status": (Status.WAITING if asked.open_questions else Status.RUNNING).value,
    }
    change = "SET #status = :status, #answers = :answers, #open_questions = :open, #deadline_at = :deadline"
    if asked.open_questions:
        change = f"{change}, #paused_epoch = :epoch"
    if asked.open_questions and asked.step:
        change, values = f"{change}, #step = :step", values | {":step": asked.step - 1}
    if asked.usage is not None:
        change, values = f"{change}, #usage = :usage", values | {":usage": asked.usage}
    return Update(head_key(run_id), change, f"#epoch = :epoch AND {ACTIVE}", values | ACTIVE_VALUES)


def answered(run_id: str, open_before: int, status: Status, deadline_at: float) -> Update:
    """One open question less; `status` is the run's from now on."""
    return Update(
        head_key(run_id),
        "SET #status = :status, #open_questions = :after, #deadline_at = :deadline",
        f"#open_questions = :before AND #status = {_WAITING}",
        {
            ":before": open_before,
            ":after": open_before - 1,
            ":status": status.value,
            ":deadline": deadline_at,
            _WAITING: Status.WAITING.value,
        },
    )


def start_delivery(run_id: str, by: str, now: float, until: float) -> Update:
    """One process posts to the run's subscribers, until then, unless it ends earlier; not where there are none."""
    return Update(
        head_key(run_id),
        "SET #delivery_by = :by, #delivery_until = :until",
        "size(#subscribers) > :none AND (attribute_not_exists(#delivery_until) OR #delivery_until < :now"
        " OR #delivery_by = :by)",
        {":by": by, ":now": now, ":until": until, ":none": 0},
    )


def end_delivery(run_id: str, by: str, moved: Mapping[str, tuple[int, int]]) -> Update:
    """Connections' numbers, each from the stored one to the one that it has reached, and anybody may deliver."""
    change, condition, values, names = _moved(moved)
    parts = [f"SET {change}" if change else "", "REMOVE #delivery_by, #delivery_until"]
    conditions = ["#delivery_by = :by", condition] if condition else ["#delivery_by = :by"]
    return Update(
        head_key(run_id), " ".join(filter(None, parts)), " AND ".join(conditions), {":by": by, **values}, names
    )


def _moved(moved: Mapping[str, tuple[int, int]]) -> tuple[str, str, dict[str, int], dict[str, str]]:
    """Change, condition, values and names for connections' numbers."""
    numbered = list(enumerate(moved.items()))
    values: dict[str, int] = {}
    for number, (_, (old, new)) in numbered:
        values |= {f":old{number}": old, f":new{number}": new}
    return (
        ", ".join(f"#subscribers.#c{number} = :new{number}" for number, _ in numbered),
        " AND ".join(f"#subscribers.#c{number} = :old{number}" for number, _ in numbered),
        values,
        {f"#c{number}": connection_id for number, (connection_id, _) in numbered},
    )


def request_cancel(run_id: str) -> Update:
    return Update(
        head_key(run_id),
        "SET #cancel_requested = :yes",
        f"#cancel_requested <> :yes AND {ACTIVE}",
        {":yes": True} | ACTIVE_VALUES,
    )


def end(
    run_id: str, final_event: EventType, seq: int, usage: Mapping[str, int] | None, error: Mapping[str, Any] | None
) -> Update:
    """The final status, with the final event's number; usage that is None stays as it was."""
    values = {":status": FINAL_EVENTS[final_event].value, ":seq": seq, ":error": error} | ACTIVE_VALUES
    change = "SET #status = :status, #last_seq = :seq, #error = :error"
    if usage is None:
        return Update(head_key(run_id), change, ACTIVE, values)
    return Update(head_key(run_id), f"{change}, #usage = :usage", ACTIVE, values | {":usage": usage})


def end_of_epoch(end_of_run: Update, epoch: int) -> Update:
    """The same change, by the worker of that epoch only."""
    condition = f"#epoch = :epoch AND {end_of_run.condition}"
    return Update(end_of_run.key, end_of_run.change, condition, {**end_of_run.values, ":epoch": epoch})


def end_of_waiting(end_of_run: Update) -> Update:
    """The same change, while the run waits for an answer only."""
    return Update(
        end_of_run.key, end_of_run.change, f"#status = {_WAITING} AND {end_of_run.condition}", end_of_run.values
    )
