"""What induct-lab's server must refuse, asked over plain sockets. Usage: guard.py URL [PID]"""
import json
import socket
import sys
import time
from urllib.parse import urlsplit

url = urlsplit(sys.argv[1])
HOST, PORT = url.hostname, url.port
failures = 0


def ask(path="/", method="GET", headers=None, body=b"", host=None):
    """Status, headers (lower case) and body of one request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host or f'{HOST}:{PORT}'}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    with socket.create_connection((HOST, PORT), timeout=20) as s:
        s.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        answer = b""
        try:
            while part := s.recv(65536):
                answer += part
        except ConnectionResetError:
            pass
    head, _, rest = answer.partition(b"\r\n\r\n")
    words = head.decode("latin-1").split("\r\n")
    if not words[0]:
        return 0, {}, b""
    fields = dict(line.lower().split(": ", 1) for line in words[1:])
    return int(words[0].split()[1]), fields, rest


def expect(what, got, wanted):
    global failures
    if got != wanted:
        failures += 1
        print(f"{what}: {got}, expected {wanted}")


status, fields, page = ask()
expect("the page", status, 200)
for name, part in {"content-security-policy": "default-src 'none'", "x-content-type-options": "nosniff",
                   "x-frame-options": "deny", "cache-control": "no-store",
                   "referrer-policy": "no-referrer",
                   "cross-origin-resource-policy": "same-origin"}.items():
    expect(f"header {name}", part in fields.get(name, ""), True)
expect("no scripts but with the nonce", "'unsafe-inline'" in fields["content-security-policy"], False)
expect("no frames", "frame-ancestors 'none'" in fields["content-security-policy"], True)
nonce = fields["content-security-policy"].split("nonce-")[1].split("'")[0]
expect("the page's scripts carry it", f'nonce="{nonce}"'.encode() in page, True)

# Names that merely lead here (DNS rebinding), and other ports.
expect("its address", ask(host=f"127.0.0.1:{PORT}")[0], 200)
expect("localhost", ask(host=f"localhost:{PORT}")[0], 200)
for host in ["evil.example", f"evil.example:{PORT}", "127.0.0.1", f"127.0.0.1:{PORT + 1}",
             f"127.0.0.1.evil.example:{PORT}", f"[::1]x:{PORT}", f"10.0.0.1:{PORT}", ":", ""]:
    expect(f"Host {host!r}", ask("/manifest.json", host=host or " ")[0] in (400, 403), True)

# Other sites.
own = f"http://{HOST}:{PORT}"
expect("own origin", ask("/manifest.json", headers={"Origin": own})[0], 200)
for origin in ["http://evil.example", "null", f"https://{HOST}:{PORT}", own + ".evil.example"]:
    expect(f"Origin {origin}", ask("/manifest.json", headers={"Origin": origin})[0], 403)
expect("a request from another site", ask("/block/0/metrics", headers={"Sec-Fetch-Site": "cross-site",
       "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"})[0], 403)
expect("a frame in another site", ask("/", headers={"Sec-Fetch-Site": "cross-site",
       "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"})[0], 403)
expect("a link that is followed", ask("/", headers={"Sec-Fetch-Site": "cross-site",
       "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"})[0], 200)
expect("no cross-origin word of ours", any(name.startswith("access-control") for name in fields), False)

# Paths: words, not files.
for path in ["/../config.json", "/config.json", "/block/0/../../config.json", "//etc/passwd", "/etc/passwd",
             "/%2e%2e/%2e%2e/etc/passwd", "/..%2fconfig.json", "/block/0/weights/../0", "/block/0/weights/x",
             "/block/0/weights/0-100", "/block/99/metrics", "/block/-1/metrics", "/block/0/metrics/1",
             "/block/0/weights/123456", "/block/", "/block", "/block/0/", "/metrics.tsv", "/lock", "/.",
             "/epoch-00000000.safetensors", "/block/0/config", "/events/", "/favicon.ico", "/a\0b",
             "/block/0/scalars/999999999999999999999-1", "/block/0/scalars/5-1"]:
    expect(f"GET {path}", ask(path)[0] in (0, 400, 404), True)
expect("an epoch that is a symbolic link", ask("/block/0/weights/77")[0], 404)
expect("a metrics table that is one", ask("/block/0/metrics")[2], b"")

# Methods.
for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get"]:
    status, fields, _ = ask("/manifest.json", method, body=b"x" * 1000 if method == "POST" else b"")
    expect(method, status in (400, 405), True)
    expect(f"{method}: says what is allowed", status == 400 or fields.get("allow") == "get, head", True)
status, fields, body = ask("/manifest.json", "HEAD")
expect("HEAD", (status, body), (200, b""))
expect("HEAD of the events", ask("/events", "HEAD")[0], 200)

# What is there.
manifest = json.loads(ask("/manifest.json")[2])
expect("runs", len(manifest["runs"]), 1)
total = manifest["runs"][0]["weights"]["total"]
status, _, weights = ask("/block/0/weights/0")
expect("weights", (status, len(weights)), (200, 4 * total))

# Headers without end, and those that never come: neither keeps others out.
expect("long headers", ask(headers={"X": "a" * 200000})[0] in (0, 400, 413, 414, 431), True)
slow = [socket.create_connection((HOST, PORT)) for _ in range(20)]
for s in slow:
    s.sendall(b"GET / HT")
began = time.time()
expect("beside slow clients", ask("/manifest.json")[0], 200)
expect("and soon", time.time() - began < 5, True)
many = []
for _ in range(100):
    try:
        many.append(socket.create_connection((HOST, PORT), timeout=5))
    except OSError:
        pass
for s in many + slow:
    s.close()
time.sleep(0.5)
expect("after 100 connections", ask("/manifest.json")[0], 200)

# Pages that look on, more of them than there is room for.
streams = []
for _ in range(20):
    s = socket.create_connection((HOST, PORT), timeout=10)
    s.sendall(f"GET /events HTTP/1.1\r\nHost: {HOST}:{PORT}\r\n\r\n".encode())
    streams.append((s, int(s.recv(4096).split()[1])))
expect("streams", [status for _, status in streams].count(200), 16)
expect("those beyond", [status for _, status in streams].count(503), 4)
expect("beside them", ask("/manifest.json")[0], 200)
for s, _ in streams[:10]:
    s.close()

sys.exit(failures > 0)
