#!/bin/sh
# ministack 1.5.33: two surprises of an emulator of AWS on valid calls of boto3 1.43.106, without Longrun.
#
# 1. API Gateway v2's DeleteAccessLogSettings, which is to switch off a stage's access log, deletes the stage itself, and
#    answers with success. AWS keeps the stage.
# 2. CloudWatch Logs' FilterLogEvents returns the first 10,000 events and no nextToken, so a paginator ends there as if
#    there were no more. AWS returns a token.
#
# Output seen:
#   ministack 1.5.33
#   stages before: ['live'], DeleteAccessLogSettings: 204, stages after: []
#   written: 10500, read by the paginator: 10000 in 1 page, token: None
set -eu

folder=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server"; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ministack==1.5.33 boto3==1.43.106
port=$("$folder/venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
GATEWAY_PORT=$port BIND_HOST=127.0.0.1 TMPDIR=$folder "$folder/venv/bin/ministack" > "$folder/log" 2>&1 &
server=$!

cat > "$folder/finding.py" <<'PYTHON'
import sys
import time
import urllib.request
from importlib.metadata import version

import boto3

endpoint = f"http://127.0.0.1:{sys.argv[1]}"
for _ in range(200):
    try:
        urllib.request.urlopen(f"{endpoint}/_ministack/ready")
        break
    except OSError:
        time.sleep(0.1)

session = boto3.Session("test", "test", region_name="us-east-1")
gateway = session.client("apigatewayv2", endpoint_url=endpoint)
logs = session.client("logs", endpoint_url=endpoint)
print("ministack", version("ministack"))

api = gateway.create_api(Name="a", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")["ApiId"]
log = {"DestinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:a", "Format": "$context.requestId"}
gateway.create_stage(ApiId=api, StageName="live", AccessLogSettings=log)
before = [stage["StageName"] for stage in gateway.get_stages(ApiId=api)["Items"]]
answer = gateway.delete_access_log_settings(ApiId=api, StageName="live")["ResponseMetadata"]["HTTPStatusCode"]
after = [stage["StageName"] for stage in gateway.get_stages(ApiId=api)["Items"]]
print(f"stages before: {before}, DeleteAccessLogSettings: {answer}, stages after: {after}")

logs.create_log_group(logGroupName="g")
logs.create_log_stream(logGroupName="g", logStreamName="s")
now = int(time.time() * 1000)
for first in range(0, 10_500, 500):
    events = [{"timestamp": now, "message": f"line {first + number}"} for number in range(500)]
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
pages = list(logs.get_paginator("filter_log_events").paginate(logGroupName="g"))
read = sum(len(page["events"]) for page in pages)
token = pages[-1].get("nextToken")
print(f"written: 10500, read by the paginator: {read} in {len(pages)} page, token: {token}")

same = before == ["live"] and after == [] and answer < 300 and (read, len(pages), token) == (10_000, 1, None)
print("as described" if same else "changed")
sys.exit(not same)
PYTHON
"$folder/venv/bin/python" "$folder/finding.py" "$port"
