"""A time-stamping authority of the openssl command behind a little server: good, or wrong in one way."""
import http.server
import os
import subprocess
import tempfile
import threading

CONFIG = """[tsa]
dir = {folder}
serial = $dir/serial
signer_digest = sha256
default_policy = 1.2.250.1.999.1.3161
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[stamp]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
"""


class Authority:
    def __init__(self, folder):
        self.folder, self.mood, self.asked = folder, "good", 0
        os.makedirs(folder)
        os.chmod(folder, 0o755)
        self.config = os.path.join(folder, "tsa.cnf")
        with open(self.config, "w") as f:
            f.write(CONFIG.format(folder=folder))
        with open(os.path.join(folder, "serial"), "w") as f:
            f.write("01\n")
        self._issue("good")
        self._issue("stranger")
        self.root = os.path.join(folder, "good-root.pem")
        authority = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                query = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Type"] == "application/timestamp-query"
                answer = authority.answer(query)
                authority.asked += 1
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _openssl(self, *words, text=None):
        return subprocess.run(["openssl", *words], cwd=self.folder, input=text, capture_output=True, check=True).stdout

    def _issue(self, name):
        """A root and a certificate for nothing but time-stamps."""
        for part in ("root", "tsa"):
            self._openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}-{part}.key")
        self._root(name)
        self._openssl("req", "-new", "-key", f"{name}-tsa.key", "-subj", f"/CN=Horodatage {name}", "-out", f"{name}-tsa.csr")
        self._openssl("x509", "-req", "-in", f"{name}-tsa.csr", "-CA", f"{name}-root.pem", "-CAkey", f"{name}-root.key", "-set_serial", "2", "-days", "3650", "-extfile", "tsa.cnf",
                      "-extensions", "stamp", "-out", f"{name}-tsa.pem")

    def _root(self, name):
        self._openssl("req", "-new", "-key", f"{name}-root.key", "-subj", f"/CN=Horodatage {name} racine", "-out", f"{name}-root.csr")
        self._openssl("x509", "-req", "-in", f"{name}-root.csr", "-signkey", f"{name}-root.key", "-days", "3650", "-extfile", "tsa.cnf", "-extensions", "root", "-out", f"{name}-root.pem")

    def answer(self, query):
        if self.mood == "garbage":
            return b"\x30\x03\x02\x01\x00"
        if self.mood == "other":                         # a good stamp on other bytes
            query = self._openssl("ts", "-query", "-digest", "00" * 32, "-sha256", "-cert")
        if self.mood == "nonce":                         # a good stamp on the right bytes, asked by somebody else
            told = self._openssl("ts", "-query", "-in", "/dev/stdin", "-text", text=query).decode()
            digest = "".join("".join(part.split()) for line in told.splitlines() if " - " in line for part in [line.split(" - ")[1].split("   ")[0].replace("-", " ")])
            query = self._openssl("ts", "-query", "-digest", digest, "-sha256", "-cert")
        signer = "stranger" if self.mood == "stranger" else "good"
        with tempfile.NamedTemporaryFile(dir=self.folder) as asked:
            asked.write(query)
            asked.flush()
            return self._openssl("ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", asked.name, "-signer", f"{signer}-tsa.pem", "-inkey", f"{signer}-tsa.key")

    def stop(self):
        self.server.shutdown()
