"""AWS's services at their wire, on this machine: they accept events, identify the caller, serve files and log lines."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

EVENT_ID = "6a7e8feb-b491-4cf7-a9f1-bf3703467718"
TAKEN = {"FailedEntryCount": 0, "Entries": [{"EventId": EVENT_ID}]}

IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>{arn}</Arn><UserId>U</UserId><Account>123456789012</Account></GetCallerIdentityResult>
<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""


@dataclass
class Aws:
    """`answers` are given to PutEvents in their order, the last one for ever: a status and a body. `files` are what can
    be fetched, by path: a status and a body; `groups` are log groups with their lines. `entries`, `executions`
    (by name) and `fetched` are what came in."""

    url: str = ""
    arn: str = "arn:aws:iam::123456789012:user/jo"
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=lambda: [(200, TAKEN)])
    files: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)
    executions: dict[str, dict[str, Any]] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)

    @property
    def details(self) -> list[dict[str, Any]]:
        return [json.loads(entry["Detail"]) for entry in self.entries]

    def post(self, body: bytes, target: str) -> tuple[int, str, bytes]:
        match target:
            case "AWSEvents.PutEvents":
                self.entries += json.loads(body)["Entries"]
                status, answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            case "Logs_20140328.FilterLogEvents":
                status, answer = self.log_events(json.loads(body))
            case "AWSStepFunctions.StartExecution":
                status, answer = self.start_execution(json.loads(body))
            case _:
                return 200, "text/xml", IDENTITY.format(arn=self.arn).encode()
        return status, "application/x-amz-json-1.1", json.dumps(answer).encode()

    def start_execution(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if asked["name"] in self.executions:
            return 400, {"__type": "ExecutionAlreadyExists", "message": "There is one."}
        self.executions[asked["name"]] = asked
        arn = asked["stateMachineArn"].replace(":stateMachine:", ":execution:") + ":" + asked["name"]
        return 200, {"executionArn": arn, "startDate": 1_780_000_000.0}

    def log_events(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        group, wanted = asked["logGroupName"], asked.get("filterPattern", "").strip('"')
        if group not in self.groups:
            return 400, {"__type": "ResourceNotFoundException", "message": "There is no such group."}
        lines = [(number, line) for number, line in enumerate(self.groups[group]) if wanted in line]
        stamp = asked.get("startTime", 0)
        events = [
            {"eventId": f"{group}{number}", "logStreamName": "s", "timestamp": stamp + number, "message": line}
            for number, line in lines
        ]
        return 200, {"events": events}

    def get(self, path: str) -> tuple[int, str, bytes]:
        self.fetched.append(path)
        status, body = self.files.get(path.partition("?")[0], (404, b""))
        return status, "application/octet-stream", body


@contextmanager
def serving(aws: Aws) -> Iterator[Aws]:
    """The services on a free port, for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._reply(*aws.post(body, self.headers.get("X-Amz-Target", "")))

        def do_GET(self) -> None:
            self._reply(*aws.get(self.path))

        def _reply(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """The test's output is its own."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        aws.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield aws
        finally:
            server.shutdown()
            thread.join()
