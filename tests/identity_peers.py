#!/usr/bin/env python3
"""identity_peers.py BIN_DIR [NAME…] - token introspection, inside the receiver's jail, against servers that misbehave.

BIN_DIR is BUILD/bin; the probe is BUILD/peers/identity_probe. Loopback only; two cases need root for a namespace of their own.
Exit status 0 when every case held."""
import gzip
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "peers"))
sys.path.append(os.path.join(ROOT, "tests", "faults"))

import identity_server as idp  # noqa: E402
from identity_server import CLIENT, ISSUER, SECRET, IdentityServer  # noqa: E402
from ports import free_port  # noqa: E402

CASES = []
SERVICE = """service = { domain = "a.fr"; hostname = "mx.a.fr"; organisation = "A"; structure_id = "1750000018"; oid = "1.2.3"; phone = "1"; };
signer = { mailbox = "avis@a.fr"; };
"""


class Skip(Exception):
    """Not possible here, with the reason."""


def case(f):
    CASES.append(f)
    return f


class Lab:
    def __init__(self, bin_dir, folder):
        self.probe_path = os.path.join(os.path.realpath(bin_dir), "..", "peers", "identity_probe")
        self.folder, self.pki = folder, os.path.join(folder, "pki")
        self.script(self.pki, "dns=relais.exemple.fr", "seal=avis@relais.exemple.fr")
        self.good = self.issue("identity", "localhost")
        self.wrong = self.issue("other", "autre.exemple.fr")
        self.script("foreign", os.path.join(folder, "away"))
        self.jailed = None
        self.said = ""

    def script(self, *words):
        subprocess.run(["bash", os.path.join(ROOT, "certs", "make-test-pki.sh"), *words], check=True, stdout=subprocess.DEVNULL)

    def issue(self, name, dns):
        self.script("issue", self.pki, name, "kind=tls-server", "cn=" + dns, "dns=" + dns)
        return tuple(os.path.join(self.pki, f"{name}.{end}") for end in ("pem", "key"))

    def server(self, **more):
        return IdentityServer(**{"pair": self.good, **more})

    def config(self, server, host="localhost", secret=SECRET, anchors=None, client=CLIENT, path="/introspect", **more):
        with open(os.path.join(self.folder, "secret"), "w") as f:
            f.write(secret + "\n")
        keys = {"introspection": f"https://{host}:{server if isinstance(server, int) else server.port}{path}", "client_id": client,
                "secret_file": "secret", "anchors": anchors or os.path.join(self.pki, "anchors-tls.pem"), "issuer": ISSUER, **more}
        file = os.path.join(self.folder, "relais.conf")
        with open(file, "w") as f:
            f.write(SERVICE + "identity = { " + " ".join(f'{k} = "{v}";' for k, v in keys.items()) + " };\n")
        return file

    def ask(self, server, *tokens, threads=1, first=(), env=None, seconds=60, **config):
        """The reasons for these tokens; everything in self.answers."""
        command = [*first, self.probe_path, self.config(server, **config), str(threads), *tokens]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, env={**os.environ, **(env or {})})
        assert done.returncode == 0, "probe ended with %d: %s" % (done.returncode, done.stderr[-2000:])
        self.said = done.stderr
        for secret in (SECRET, *[t for t in tokens if len(t) > 6 and not t.startswith("wait:")]):
            assert secret not in done.stderr, "the log names a secret: " + done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.jailed = lines[0]["jailed"]
        self.answers = lines[1:]
        return [a["reason"] for a in self.answers]


def expect(what, is_, wanted):
    assert is_ == wanted, "%s is %r, not %r" % (what, is_, wanted)


LATER, TOKEN, NONE = "auth.later", "auth.token", "none"


@case
def granted_in_the_jail(lab):
    s = lab.server()
    s.grant("jeton-de-test.1-2_3~4+5/6==", "899700218896")
    expect("reasons", lab.ask(s, "jeton-de-test.1-2_3~4+5/6=="), [NONE])
    expect("subject", lab.answers[0]["subject"], "899700218896")
    expect("asked", s.asked, [("jeton-de-test.1-2_3~4+5/6==", idp.basic(CLIENT, SECRET), "/introspect")])
    sanitized = "build/sanitized" in lab.probe_path
    assert lab.jailed or sanitized, "the release build is jailed"
    s.close()


@case
def every_claim_counts(lab):
    s = lab.server()
    rows = {"bon-jeton": ({}, NONE), "expire": ({"exp": int(time.time()) - 1}, TOKEN), "autre-emetteur": ({"iss": ISSUER + "x"}, TOKEN),
            "autre-public": ({"aud": ["autre"]}, TOKEN), "sans-portee": ({"scope": "openid"}, TOKEN), "rafraichir": ({"typ": "Refresh"}, TOKEN),
            "sans-sujet": ({"SubjectNameID": None, "sub": None}, TOKEN), "inactif": ({"active": False}, TOKEN)}
    for token, (changes, _) in rows.items():
        s.grant(token, "899700218896", **changes)
    got = lab.ask(s, *rows, "jamais-vu", audience="relais", scope="mail")
    expect("reasons", dict(zip([*rows, "jamais-vu"], got)), {**{t: want for t, (_, want) in rows.items()}, "jamais-vu": TOKEN})
    assert '"claim":"aud"' in lab.said and '"claim":"scope"' in lab.said, lab.said
    s.close()


@case
def the_client_is_form_encoded(lab):
    s = lab.server(user="cli:ent é", secret="a:b+c%/ü")
    s.grant("bon-jeton", "1")
    expect("reasons", lab.ask(s, "bon-jeton", client="cli:ent é", secret="a:b+c%/ü"), [NONE])
    s.close()


@case
def a_wrong_client_is_our_trouble(lab):
    s = lab.server(secret="un autre")
    s.grant("bon-jeton", "1")
    expect("reasons", lab.ask(s, "bon-jeton"), [LATER])
    assert '"status":401' in lab.said, lab.said
    s.close()


@case
def answers_that_are_none(lab):
    s = lab.server()
    granted = json.dumps({"active": True, "exp": int(time.time()) + 60, "iss": ISSUER, "sub": "x"})
    rows = {"erreur-500": idp.status(500), "cree-201": idp.status(201), "vide-204": idp.status(204), "page": idp.raw("<html>active</html>"),
            "deux": idp.raw(granted + granted), "double": idp.raw(granted[:-1] + ',"sub":"y"}'), "liste": idp.raw(f"[{granted}]"),
            "rien": idp.raw(""), "coupe": idp.cut, "sans-fin": idp.endless_body, "tete": idp.endless_head,
            "gros": idp.raw(granted[:-1] + ',"x":"' + "x" * 20000 + '"}'),
            "comprime": lambda h: h.give(gzip.compress(granted.encode()), head=[("Content-Encoding", "gzip")])}
    s.tokens.update(rows)
    expect("reasons", dict(zip(rows, lab.ask(s, *rows))), {t: LATER for t in rows})
    assert max(a["ms"] for a in lab.answers) < 3000, lab.answers
    s.close()


@case
def never_elsewhere(lab):
    """I5: a redirection is not followed."""
    s, other = lab.server(), lab.server()
    other.grant("redirige", "1")
    s.tokens["redirige"] = idp.redirect(f"https://localhost:{other.port}/introspect")
    expect("reasons", lab.ask(s, "redirige"), [LATER])
    expect("asked elsewhere", other.asked, [])
    # nor through a proxy that the environment names
    s.grant("bon-jeton", "1")
    proxy = {name: f"http://127.0.0.1:{other.port}" for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY")}
    expect("reasons", lab.ask(s, "bon-jeton", env=proxy), [NONE])
    expect("asked elsewhere", other.asked, [])
    s.close()
    other.close()


@case
def who_it_is_not(lab):
    """I7, T3, T5: another name, another authority, no TLS, an old TLS: the token never leaves."""
    foreign = tuple(os.path.join(lab.folder, "away", f"foreign-tls.{end}") for end in ("pem", "key"))
    for what, more, host in (("another name", {"pair": lab.wrong}, "localhost"), ("another authority", {"pair": foreign}, "localhost"),
                             ("the name, asked by number", {}, "127.0.0.1"), ("no TLS", {"pair": None}, "localhost"),
                             ("TLS 1.1", {"minimum": ssl.TLSVersion.TLSv1, "maximum": ssl.TLSVersion.TLSv1_1}, "localhost")):
        s = lab.server(**more)
        s.grant("bon-jeton", "1")
        expect(what, lab.ask(s, "bon-jeton", host=host), [LATER])
        expect("asked, " + what, s.asked, [])
        s.close()


@case
def away_then_back(lab):
    port = free_port()              # ours while nobody listens there, too
    lab.server(port=port).close()
    expect("reasons", lab.ask(port, "bon-jeton"), [LATER])
    assert lab.answers[0]["ms"] < 4000, lab.answers
    s = lab.server(port=port)
    s.grant("bon-jeton", "1")
    expect("reasons", lab.ask(s, "bon-jeton"), [NONE])
    s.close()


@case
def slow_ends_in_time(lab):
    s = lab.server()
    s.tokens.update({"lent": idp.slow(30), "goutte": idp.drip})
    expect("reasons", lab.ask(s, "lent", "goutte", threads=2), [LATER, LATER])
    assert all(9000 < a["ms"] < 20000 for a in lab.answers), lab.answers      # ten seconds are ours; the servers would take thirty and sixty
    s.close()


@case
def a_slow_server_leaves_threads_for_the_mail(lab):
    s = lab.server()
    s.tokens.update({f"lent-{i}": idp.slow(6) for i in range(6)})      # long enough for all six to have asked
    expect("reasons", sorted(lab.ask(s, *sorted(s.tokens), threads=6)), [LATER] * 4 + [TOKEN] * 2)
    expect("asked", len(s.asked), 2)
    assert sum(a["ms"] < 4000 for a in lab.answers) == 4, lab.answers
    s.close()


@case
def remembered_for_a_while(lab):
    s = lab.server()
    s.grant("bon-jeton", "1")
    s.grant("bref-jeton", "2", seconds=8)
    got = lab.ask(s, "bon-jeton", "bref-jeton", "bon-jeton", "bref-jeton", "wait:9", "bref-jeton", "bon-jeton")
    expect("reasons", got, [NONE, NONE, NONE, NONE, TOKEN, NONE])
    expect("asked", [t for t, _, _ in s.asked], ["bon-jeton", "bref-jeton", "bref-jeton"])
    s.close()


@case
def a_refusal_is_asked_again(lab):
    s = lab.server()
    answers = iter([{"active": False}, {"active": True, "exp": int(time.time()) + 60, "iss": ISSUER, "sub": "x"}])
    s.tokens["tardif"] = lambda h: h.give(json.dumps(next(answers)).encode())
    expect("reasons", lab.ask(s, "tardif", "tardif"), [TOKEN, NONE])
    s.close()


@case
def four_at_once(lab):
    s = lab.server()
    tokens = [f"jeton-{i:03d}" for i in range(60)]
    for t in tokens:
        s.grant(t, t[-3:])
    got = lab.ask(s, *tokens, threads=2)
    expect("reasons", got, [NONE] * 60)
    expect("subjects", [a["subject"] for a in lab.answers], [t[-3:] for t in tokens])
    s.close()


def namespace(script, *words):
    if os.geteuid() != 0:
        raise Skip("needs root for a mount namespace")
    return ["unshare", "-mn", "sh", "-c", script + '; exec "$@"', "sh", *words]


@case
def the_systems_authorities_count_for_nothing(lab):
    """A certificate that the whole machine trusts: curl takes it, Relais does not."""
    store = os.path.join(lab.folder, "store")
    shutil.rmtree(store, ignore_errors=True)
    os.makedirs(store)
    shutil.copy(os.path.join(lab.pki, "anchors-tls.pem"), store)
    with open(os.path.join(lab.pki, "anchors-tls.pem")) as f:
        for i, pem in enumerate(f.read().split("-----END CERTIFICATE-----")[:-1]):
            with open(os.path.join(store, f"{i}.pem"), "w") as one:
                one.write(pem.strip() + "\n-----END CERTIFICATE-----\n")
    shutil.copy(os.path.join(lab.pki, "anchors-tls.pem"), os.path.join(store, "ca-certificates.crt"))
    subprocess.run(["openssl", "rehash", store], check=True, capture_output=True)
    first = ["unshare", "-m", "sh", "-c", f'mount --bind "{store}" /etc/ssl/certs; exec "$@"', "sh"]
    if os.geteuid() != 0:
        raise Skip("needs root for a mount namespace")
    s = lab.server()
    s.grant("bon-jeton", "1")
    seen = subprocess.run([*first, "curl", "-s", "-o", os.devnull, "-w", "%{http_code}", f"https://localhost:{s.port}/", "--data", "token=x"],
                          capture_output=True, text=True)
    expect("curl with the system's authorities", (seen.stdout, seen.stderr), ("401", ""))
    s.asked.clear()
    foreign = os.path.join(lab.folder, "away", "foreign-tls.pem")
    expect("reasons", lab.ask(s, "bon-jeton", first=first, anchors=foreign), [LATER])
    expect("asked", s.asked, [])
    expect("with our anchors", lab.ask(s, "bon-jeton", first=first), [NONE])
    s.close()


@case
def a_resolver_that_never_answers(lab):
    resolver = os.path.join(lab.folder, "resolv.conf")
    with open(resolver, "w") as f:
        f.write("nameserver 127.0.0.1\noptions timeout:30 attempts:2\n")        # a minute, for whoever waits for it
    # Its parent ends once it is bound: before that the kernel answers in its place, with a refusal.
    silent = ("import os, socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 53)); "
              "os.fork() and os._exit(0); time.sleep(60)")
    first = namespace(f'ip link set lo up; mount --bind "{resolver}" /etc/resolv.conf; python3 -c "{silent}" >/dev/null 2>&1 || exit 70')
    begin = time.monotonic()
    expect("reasons", lab.ask(443, "bon-jeton", first=first, host="identite.exemple.fr"), [LATER])
    assert '"curl":28' in lab.said, lab.said
    assert 4000 < lab.answers[0]["ms"] < 9000, lab.answers
    assert time.monotonic() - begin < 20, "the end waits for the resolver"


def run(lab, f):
    start = time.time()
    try:
        f(lab)
    except Skip as why:
        print("skip %-48s %s" % (f.__name__, why), flush=True)
        return "skipped"
    except Exception as error:  # a case that breaks is a case that failed
        print("FAIL %-48s %s: %s" % (f.__name__, type(error).__name__, error), flush=True)
        return "failed"
    print("ok   %-48s %5.1f s" % (f.__name__, time.time() - start), flush=True)
    return "passed"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(sys.argv[1], folder)
        for f in CASES:
            if not sys.argv[2:] or f.__name__ in sys.argv[2:]:
                counts[run(lab, f)] += 1
    print("%(passed)d passed, %(failed)d failed, %(skipped)d skipped" % counts)
    sys.exit(1 if counts["failed"] else 0)


if __name__ == "__main__":
    main()
