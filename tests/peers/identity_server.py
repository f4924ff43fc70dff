"""A stand-in identity provider: token introspection (RFC 7662) over TLS, as it should be and otherwise.

A token is answered by what `tokens` has for it: a dict (the answer's claims), or a function of the handler. Any other token is not
active. `asked` has (token, Authorization, path) of every question."""
import base64
import http.server
import json
import socketserver
import ssl
import threading
import time
import urllib.parse

ISSUER = "https://identite.exemple.fr/auth/realms/soin"
CLIENT, SECRET = "relais", "secret-du-client"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        form = urllib.parse.parse_qs(body.decode("ascii"), strict_parsing=True)
        token = form["token"][0]
        given = self.headers.get("Authorization", "")
        with self.server.lock:
            self.server.asked.append((token, given, self.path))
        if given != self.server.authorization:
            return self.give(b'{"error":"invalid_client"}', status=401)
        behaviour = self.server.tokens.get(token, {"active": False})
        if callable(behaviour):
            return behaviour(self)
        return self.give(json.dumps(behaviour).encode())

    def give(self, body, status=200, head=(), kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in head:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_):
        """A client that leaves is no news."""


def basic(user, secret):
    """RFC 6749 2.3.1: each half form-encoded."""
    return "Basic " + base64.b64encode(":".join(urllib.parse.quote(w, safe="") for w in (user, secret)).encode()).decode()


class IdentityServer:
    def __init__(self, pair=None, port=0, secret=SECRET, minimum=ssl.TLSVersion.TLSv1_2, maximum=ssl.TLSVersion.TLSv1_3, user=CLIENT):
        self.server = Server(("127.0.0.1", port), Handler)
        self.server.tokens, self.server.asked, self.server.lock = {}, [], threading.Lock()
        self.server.authorization = basic(user, secret)
        self.tokens, self.asked = self.server.tokens, self.server.asked
        if pair:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version, context.maximum_version = minimum, maximum
            context.load_cert_chain(*pair)
            if maximum < ssl.TLSVersion.TLSv1_2:
                context.set_ciphers("ALL:@SECLEVEL=0")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def grant(self, token, subject, seconds=300, **more):
        """A good answer for this token, changed by more (None takes a claim away)."""
        now = int(time.time())
        answer = {"active": True, "exp": now + seconds, "iat": now, "iss": ISSUER, "aud": ["relais"], "scope": "openid mail", "typ": "Bearer",
                  "sub": f"f:5f3c:{subject}", "SubjectNameID": subject, **more}
        self.tokens[token] = {k: v for k, v in answer.items() if v is not None}

    def close(self):
        self.server.shutdown()
        self.server.server_close()


# ---------------------------------------------------------------- how it should not be

def status(code):
    return lambda h: h.give(b'{"active":true}', status=code)


def raw(text):
    return lambda h: h.give(text.encode())


def slow(seconds, answer=None):
    def behave(h):
        time.sleep(seconds)
        h.give(json.dumps(answer or {"active": False}).encode())
    return behave


def redirect(to):
    return lambda h: h.give(b"", status=307, head=[("Location", to)])


def endless_body(h):
    h.send_response(200)
    h.send_header("Transfer-Encoding", "chunked")
    h.end_headers()
    while True:
        h.wfile.write(b"400\r\n" + b" " * 1024 + b"\r\n")


def endless_head(h):
    h.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        h.wfile.write(b"X-More: " + b"x" * 1000 + b"\r\n")


def drip(h):
    """A byte a second: never silent, never done."""
    h.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n")
    for _ in range(60):
        h.wfile.write(b" ")
        time.sleep(1)


def cut(h):
    """Less than was announced."""
    h.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n{"active":true}')
    h.close_connection = True
