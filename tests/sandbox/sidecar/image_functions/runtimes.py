"""Programs that ask the Runtime API for events, in the standard library."""

RUNTIME = """
import base64, http.client, json, os, socket, sys, time

HOST, _, PATH = os.environ["AWS_LAMBDA_RUNTIME_API"].partition("/")
HERE = os.path.dirname(os.path.abspath(sys.argv[0]))

def request(method, path, body=None, headers=None, prefix=PATH):
    connection = http.client.HTTPConnection(HOST)
    connection.request(method, f"/{prefix}/{path}", body, headers or {})
    answer = connection.getresponse()
    return answer, answer.read()

def next_event():
    answer, body = request("GET", "2018-06-01/runtime/invocation/next")
    return answer.headers, json.loads(body)

def reply(request_id, pieces, content_type="application/json", error=None):
    # http.client cannot send trailers.
    host, port = HOST.split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = [f"POST /{PATH}/2018-06-01/runtime/invocation/{request_id}/response HTTP/1.1", f"Host: {HOST}",
            f"Content-Type: {content_type}", "Lambda-Runtime-Function-Response-Mode: streaming",
            "Transfer-Encoding: chunked", "Trailer: Lambda-Runtime-Function-Error-Type",
            "Trailer: Lambda-Runtime-Function-Error-Body", "", ""]
        connection.sendall("\\r\\n".join(head).encode())
        for piece in pieces:
            connection.sendall(b"%x\\r\\n%s\\r\\n" % (len(piece), piece))
        trailers = b""
        if error:
            body = base64.b64encode(json.dumps(error).encode())
            trailers = b"Lambda-Runtime-Function-Error-Type: %s\\r\\nLambda-Runtime-Function-Error-Body: %s\\r\\n" % (
                error["errorType"].encode(), body)
        connection.sendall(b"0\\r\\n" + trailers + b"\\r\\n")
        return connection.recv(1024)

def waiting(name):
    yield b"first"
    while not os.path.exists(os.path.join(HERE, name)):
        time.sleep(0.005)
    yield b"last"
"""
"""What the programs below begin with."""

OWN = (
    RUNTIME
    + """
def serve(headers, event):
    request_id = headers["Lambda-Runtime-Aws-Request-Id"]
    match event:
        case {"do": "tell"}:
            told = {"event": event, "arn": headers["Lambda-Runtime-Invoked-Function-Arn"],
                "deadline": int(headers["Lambda-Runtime-Deadline-Ms"]), "pid": os.getpid()}
            path = f"2018-06-01/runtime/invocation/{request_id}/response"
            answer, _ = request("POST", path, json.dumps(told))
            print("accepted", answer.status, flush=True)
        case {"do": "stream"}:
            reply(request_id, waiting("go"))
        case {"do": "trail"}:
            reply(request_id, [b"half"], error={"errorType": "Own.Error", "errorMessage": "in the middle"})
        case {"do": "truncate"}:
            host, port = HOST.split(":")
            with socket.create_connection((host, int(port))) as connection:
                connection.sendall(f"POST /{PATH}/2018-06-01/runtime/invocation/{request_id}/response HTTP/1.1\\r\\n"
                    f"Host: {HOST}\\r\\nContent-Length: 100\\r\\n\\r\\nhalf".encode())
        case {"do": "fail"}:
            error = {"errorType": "Own.Error", "errorMessage": "no such table"}
            request("POST", f"2018-06-01/runtime/invocation/{request_id}/error", json.dumps(error))
        case {"do": "exit"}:
            print("gives up", flush=True)
            os._exit(4)
        case {"do": "probe"}:
            told = {"foreign": request("GET", "2018-06-01/runtime/invocation/next", prefix="other")[0].status,
                "unknown": request("POST", "2018-06-01/runtime/invocation/other/response", b"{}")[0].status,
                "nothing": request("GET", "2018-06-01/runtime/nothing")[0].status}
            request("POST", f"2018-06-01/runtime/invocation/{request_id}/response", json.dumps(told))

while True:
    serve(*next_event())
"""
)

FAILS_AT_INIT = (
    RUNTIME
    + """
request("POST", "2018-06-01/runtime/init/error", json.dumps({"errorType": "Own.Init", "errorMessage": "no model"}))
sys.exit(1)
"""
)

ADAPTER = (
    "#!PYTHON\n"
    + RUNTIME
    + """
import threading
answer, body = request("POST", "2020-01-01/extension/register", "{}", {"Lambda-Extension-Name": "adapter"})
identifier = {"Lambda-Extension-Identifier": answer.headers["Lambda-Extension-Identifier"]}
function = json.loads(body)["functionName"]

def wait_for_the_end():
    request("GET", "2020-01-01/extension/event/next", None, identifier)

threading.Thread(target=wait_for_the_end, daemon=True).start()
while True:
    try:
        socket.create_connection(("127.0.0.1", int(os.environ["AWS_LWA_PORT"]))).close()
        break
    except OSError:
        time.sleep(0.01)
while True:
    headers, event = next_event()
    app = http.client.HTTPConnection("127.0.0.1", int(os.environ["AWS_LWA_PORT"]))
    app.request("GET", event["path"])
    head = json.dumps({"statusCode": 200, "headers": {"x-function": function}}).encode()
    reply(headers["Lambda-Runtime-Aws-Request-Id"], [head + bytes(8), app.getresponse().read()],
        "application/vnd.awslambda.http-integration-response")
"""
)
"""In the place of the web adapter: it uses what the adapter uses of both APIs."""
