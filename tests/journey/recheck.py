"""Trust that moves while the instance runs, and verdicts that can be judged again from what was kept, whatever became of that trust."""
import contextlib
import glob
import json
import os
import shutil
import socket
import ssl
import subprocess
import time

import clients
import documents
from bad import outcome
from database import rows, sql
from world import DEPOT, HOSPITAL, HOSTNAME, wait_for

OK, FAILED, USAGE, NOT_FOUND = 0, 1, 2, 4
RENEWED_WITHIN = 60      # relais-master looks every 30 s, and waits until files rest


def of_message(world, message_id):
    return f"R{outcome(world, message_id)['inbox']}"


def recheck(world, number, *words, want=OK):
    done = world.relais("recheck", number, *words, "--json", check=False)
    assert done.returncode == want, (done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout) if done.stdout else None


def same(world, number, verdict, reason):
    answer = recheck(world, number)
    assert answer["same"] and not answer["differences"] and not answer["missing"] and not answer["altered"], answer
    assert (answer["now"]["verdict"], answer["now"]["reason"]) == (verdict, reason), answer["now"]
    return answer


def stapled(world):
    """The instance staples an answer of its authority; the world's configuration is that of every journey otherwise."""
    world._pki("staple", world.pki, "relais-server")
    world.relais_stop()
    world.set_groups({"receiver": f'listen_host = "127.0.0.1"; listen_port = {world.port}; crls = "pki/crls"; '
                                  f'ocsp_staple = "pki/relais-server.ocsp";'})
    world.relais_start()
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{world.port}", "-starttls", "smtp", "-status", "-CAfile", world.anchors,
                           "-verify_return_error"], input="QUIT\r\n", capture_output=True, text=True, timeout=30)
    assert "OCSP Response Status: successful" in done.stdout and "Cert Status: good" in done.stdout, done.stdout + done.stderr


def pair(world, name):
    return tuple(os.path.join(world.pki, f"{name}.{end}") for end in ("pem", "key"))


def try_mail(world, name):
    """The receiver's answer to a mail from an operator's server."""
    head, _ = clients.head(HOSPITAL, DEPOT, "Essai")
    try:
        return clients.send(world.port, world.anchors, HOSPITAL, [DEPOT], head + clients.entity("Essai"), *pair(world, name))
    except clients.Refused as refused:
        return f"{refused.code} {refused.text}"


def taken(world, name):
    return not try_mail(world, name)[:3].startswith(("4", "5"))


def server_certificate(world):
    """What the receiver presents, once it answers: a connection may have to wait or be told to come again (421), and must never be
    refused or cut off."""
    with socket.create_connection(("127.0.0.1", world.port), 30) as s:
        s.settimeout(30)
        heard = s.recv(500)
        assert heard.startswith(b"220"), "no greeting"
        for command in (b"EHLO a\r\n", b"STARTTLS\r\n"):
            if b"\r\n421 " in heard:                     # it may come right behind the answer before it
                return None
            s.sendall(command)
            answer = s.recv(2000)
            assert answer, "cut off"
            heard += answer
            if answer.startswith(b"421"):
                return None
        context = ssl.create_default_context(cafile=world.anchors)
        try:
            with context.wrap_socket(s, server_hostname=HOSTNAME) as secure:
                return secure.getpeercert(binary_form=True)
        except (ssl.SSLEOFError, ConnectionError):      # in its handshake with one that is being replaced: a peer comes again
            return None


def empty_lists(world):
    kept = os.path.join(world.folder, "lists")
    shutil.copytree(os.path.join(world.pki, "crls"), kept)
    for path in glob.glob(os.path.join(world.pki, "crls", "*")):
        os.remove(path)
    return kept


@contextlib.contextmanager
def own_temporary(world):
    """Where recheck makes its folders meanwhile: in /tmp there may be those of suites beside this one."""
    folder, before = os.path.join(world.folder, "tmp"), os.environ.get("TMPDIR")
    os.makedirs(folder, exist_ok=True)
    os.environ["TMPDIR"] = folder
    try:
        yield folder
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before


def process(world, name):
    return next(p["pid"] for p in world.status()["processes"] if p["name"] == name)


def replaced(world, name, old):
    wait_for(f"another {name}", lambda: process(world, name) not in (0, old))


def told(world, event, of=None, text=""):
    """How often the log has that event."""
    with open(os.path.join(world.dir, "log/relais.log")) as f:
        return sum(f'"event":"{event}"' in line and text in line and (of is None or f'"process":"{of}"' in line) for line in f)


def cases(world, story):
    w, numbers = world, {}

    def judged():
        message_id = story.record(content=documents.made_exam("18748-4"))
        outcome(w, message_id)
        numbers["good"] = of_message(w, message_id)
        answer = same(w, numbers["good"], "valid", "none")
        assert answer["now"]["chain"][0] == w.fingerprint(w.hospital[0]) and len(answer["now"]["chain"]) == 3, answer["now"]
        assert len(answer["now"]["crls"]) == 2 and all(c["number"] and len(c["digest"]) == 64 for c in answer["now"]["crls"]), answer["now"]
        assert [s["verdict"] for s in answer["now"]["signers"]] == ["valid"], answer["now"]
        unsigned = story.record(signer=None)
        outcome(w, unsigned)
        same(w, of_message(w, unsigned), "none", "sig.none")

    def words():
        for words, want in ((("recheck",), USAGE), (("recheck", "12"), USAGE), (("recheck", "Rx"), USAGE), (("recheck", "R999999"), NOT_FOUND)):
            assert w.relais(*words, check=False).returncode == want, words
        with own_temporary(w) as folder:
            for lang, sentence in (("fr", "Le même verdict, le même signataire"), ("en", "The same verdict, the same signer")):
                done = subprocess.run([os.path.join(w.bin, "relais"), "recheck", numbers["good"], "--dir", w.dir], capture_output=True, text=True,
                                      env=dict(os.environ, LANG=lang))
                assert done.returncode == 0 and sentence in done.stdout and "openssl cms -verify" in done.stdout, done
            assert not os.listdir(folder), "temporary folders stay behind"

    def by_openssl():
        """What is printed for an auditor runs as it is printed, with nothing of ours."""
        folder = os.path.join(w.folder, "audit")
        answer = recheck(w, numbers["good"], folder)
        assert answer["folder"] == folder and len(answer["commands"]) == 4, answer["commands"]
        output = ""
        for command in answer["commands"]:
            done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True)
            assert done.returncode == 0, (command, done.stdout, done.stderr)
            output += done.stdout + done.stderr
        assert "CMS Verification successful" in output and "CHU EXEMPLE" in output, output
        assert answer["then"]["fingerprint"].upper() in output.replace(":", ""), output
        assert rows(w, f"select facts->>'digest' as d from relais.inbox where id = {numbers['good'][1:]}")[0]["d"] in output
        # Into a folder that has something in it already nothing is written.
        assert w.relais("recheck", numbers["good"], folder, check=False).returncode == FAILED

    def revoked_later():
        w._pki("revoke", w.pki, "hopital")
        verify = process(w, "verify")
        w.relais("reload")
        replaced(w, "verify", verify)
        message_id = story.record(content=documents.made_exam("18748-4"))
        row = outcome(w, message_id)
        assert (row["outcome"], row["reason"]) == ("held", "sig.revoked"), row
        numbers["revoked"] = of_message(w, message_id)
        same(w, numbers["good"], "valid", "none")
        same(w, numbers["revoked"], "untrusted", "sig.revoked")

    def peer_evidence():
        for r in rows(w, "select params->'tls' as tls from relais.inbox where source = 'smtp'"):
            assert r["tls"]["path"][0] == r["tls"]["fingerprint"] and len(r["tls"]["path"]) == 3 and len(r["tls"]["crls"]) == 2, r
        mine = w.fingerprint(pair(w, "operateur-a")[0])
        assert rows(w, f"select kind from relais.trust_material where digest = '\\x{mine}'") == [{"kind": "certificate"}]
        # Each certificate and each list once, however many messages rest on it.
        assert sql(w, "select count(*) from relais.trust_material") == sql(w, "select count(distinct der) from relais.trust_material")

    def altered_material():
        answer = recheck(w, numbers["good"])
        for digest in (answer["now"]["chain"][2], answer["now"]["crls"][0]["digest"]):
            where = f"where digest = '\\x{digest}'"
            flip = f"update relais.trust_material set der = set_byte(der, length(der) - 1, get_byte(der, length(der) - 1) # 1) {where}"
            sql(w, flip)
            try:
                changed = recheck(w, numbers["good"], want=FAILED)
                assert changed["altered"] == [digest] and not changed["same"], changed
            finally:
                sql(w, flip)
            sql(w, f"create table public.saved as select * from relais.trust_material {where}; delete from relais.trust_material {where}")
            try:
                gone = recheck(w, numbers["good"], want=FAILED)
                assert gone["missing"] == [digest] and not gone["same"], gone
            finally:
                sql(w, "insert into relais.trust_material select * from public.saved; drop table public.saved")
            same(w, numbers["good"], "valid", "none")

    def altered_message():
        """The seal of the body at rest finds it before any verdict: the message does not open, and nothing is said of its signer."""
        flip = (f"update relais.body_chunk set data = set_byte(data, length(data) / 2, get_byte(data, length(data) / 2) # 1) "
                f"where number = 0 and body = (select body from relais.inbox where id = {numbers['good'][1:]})")
        sql(w, flip)
        try:
            with own_temporary(w) as folder:
                done = w.relais("recheck", numbers["good"], "--json", check=False)
                assert (done.returncode, done.stdout) == (FAILED, "") and "[keeper.seal]" in done.stderr, done
                assert not os.listdir(folder), "temporary folders stay behind"
        finally:
            sql(w, flip)
        same(w, numbers["good"], "valid", "none")

    def no_lists():
        """Without lists nobody can be judged: for now, not for good. Old verdicts stand on what was kept."""
        numbers["lists"] = empty_lists(w)
        w.relais("reload")
        answer = wait_for("the refusal for now", lambda: (lambda a: a if a.startswith("451") else None)(try_mail(w, "operateur-a")))
        assert "4.7.5" in answer and "peer.revocation.unknown" in answer, answer
        same(w, numbers["good"], "valid", "none")
        same(w, numbers["revoked"], "untrusted", "sig.revoked")

    def watched():
        """Nobody says reload: the lists are back, and that is seen."""
        for path in glob.glob(os.path.join(numbers["lists"], "*")):
            shutil.copy(path, os.path.join(w.pki, "crls"))
        wait_for("mail to be taken again", lambda: taken(w, "operateur-a"), RENEWED_WITHIN)

    def bad_lists():
        """A file of anchors that is none: the old ones stay in force, and the log says so."""
        kept = w.anchors + ".kept"
        shutil.copy(w.anchors, kept)
        with open(w.anchors, "w") as f:
            f.write("not a certificate\n")
        w.relais("reload")
        for name in ("receiver", "deliverer"):
            wait_for(f"the word of {name}", lambda name=name: told(w, "trust-not-renewed", name, "anchors-tls.pem"))
        shutil.copy(kept, w.anchors)
        assert taken(w, "operateur-a")
        os.remove(kept)

    def revoked_peer():
        w._pki("issue", w.pki, "autre", "kind=tls-both", "cn=mx.operateur-a.mssante.fr", "dns=mx.operateur-a.mssante.fr")
        assert taken(w, "autre")
        w._pki("revoke", w.pki, "autre")
        w.relais("reload")
        answer = wait_for("the refusal", lambda: (lambda a: a if a.startswith("550") else None)(try_mail(w, "autre")))
        assert "5.7.1" in answer and "peer.certificate.revoked" in answer, answer

    def new_certificate():
        """Our own server certificate is another: the receiver is started afresh, and nobody is turned away meanwhile."""
        before, receiver = server_certificate(w), process(w, "receiver")
        owner = os.stat(os.path.join(w.pki, "relais-server.key"))
        w._pki("issue", w.pki, "relais-server", "kind=tls-server", f"cn={HOSTNAME}", f"dns={HOSTNAME}", "force=yes")
        os.chown(os.path.join(w.pki, "relais-server.key"), owner.st_uid, owner.st_gid)
        w.relais("reload")
        end = time.monotonic() + 30
        while server_certificate(w) in (before, None):
            assert time.monotonic() < end, "still the old certificate"
        replaced(w, "receiver", receiver)                # it may serve before the status says so
        assert taken(w, "operateur-a")

    def revoked_server():
        """A server whose certificate is revoked gets no mail; when it has a good one again, the mail that waited goes."""
        w._pki("revoke", w.pki, "operateur-b")
        before = told(w, "trust-renewed", "deliverer")
        w.relais("reload")
        wait_for("the deliverer's new trust", lambda: told(w, "trust-renewed", "deliverer") > before)
        story.request()
        waits = wait_for("a mail that waits", lambda: [m for m in w.relais("queue", as_json=True) if m["reason"] == "deliver.certificate"])
        assert all(m["domain"] in ("patient.mssante.fr", "experts.mssante.fr", "medecins.mssante.fr") for m in waits), waits
        with open(os.path.join(w.dir, "log/relais.log")) as f:
            events = [json.loads(line) for line in f if line.startswith("{")]
        assert {"receiver", "collector", "deliverer"} <= {e["process"] for e in events if e["event"] == "trust-renewed"}, "who renewed its trust"

    yield "our staple is sent", lambda: stapled(w)
    yield "a verdict is the same, judged again", judged
    yield "recheck: usage, both languages, nothing left behind", words
    yield "the openssl commands that are printed do what they say", by_openssl
    yield "a signer revoked later: refused from then on, and the old verdict stands", revoked_later
    yield "how a peer was believed is kept with its messages", peer_evidence
    yield "material that was altered or is gone is noticed", altered_material
    yield "a message that was altered is noticed", altered_message
    yield "no lists: nobody is believed for now, old verdicts stand", no_lists
    yield "lists that come back are seen without a word", watched
    yield "anchors that are no good change nothing", bad_lists
    yield "a peer that is revoked is refused from then on", revoked_peer
    yield "a new certificate of our own, and nobody is turned away", new_certificate
    yield "a server that is revoked gets no mail", revoked_server
