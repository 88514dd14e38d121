#!/bin/sh
# smolagents 1.26.0, AmazonBedrockModel: an answer of Bedrock's Converse that contains text alone, the usual one, ends in
# a KeyError. The adapter builds its message from role, content and tool_calls, and Converse's message has no tool_calls.
# With smolagents 1.22.0 the same answer is the message's text.
#
# Output seen:
#   smolagents 1.22.0: the answer is 'It rose.'
#   smolagents 1.26.0: KeyError 'tool_calls'
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/finding.py" <<'PYTHON'
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import boto3
from smolagents import AmazonBedrockModel, ChatMessage, MessageRole


class Bedrock(BaseHTTPRequestHandler):
    """Answers Converse with a text."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        message = {"role": "assistant", "content": [{"text": "It rose."}]}
        usage = {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}
        answer = {"output": {"message": message}, "stopReason": "end_turn", "usage": usage, "metrics": {"latencyMs": 1}}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Bedrock)
threading.Thread(target=server.serve_forever, daemon=True).start()
endpoint = f"http://127.0.0.1:{server.server_port}"
client = boto3.Session("test", "test", region_name="us-east-1").client("bedrock-runtime", endpoint_url=endpoint)
model = AmazonBedrockModel(model_id="anthropic.claude-sonnet-4-6", client=client)
question = ChatMessage(role=MessageRole.USER, content=[{"type": "text", "text": "Did it rise?"}])
try:
    seen = f"the answer is {model.generate([question]).content!r}"
except KeyError as error:
    seen = f"KeyError {error}"
print(f"smolagents {version('smolagents')}: {seen}")
sys.exit(seen != sys.argv[1])
PYTHON

check() {
  python3 -m venv "$folder/$1"
  "$folder/$1/bin/pip" install --quiet --disable-pip-version-check "smolagents==$1" boto3==1.44.5
  "$folder/$1/bin/python" "$folder/finding.py" "$2"
}
check 1.22.0 "the answer is 'It rose.'"
check 1.26.0 "KeyError 'tool_calls'"
echo "as described"
