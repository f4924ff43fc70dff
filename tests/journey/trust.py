"""Trust kept fresh: the white list by hand and by the refresher, its guards, what explain says; revocation lists; alarms that clear by themselves."""
import http.server
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import threading
import time

import clients
import walls
from correspondents import free_port
from database import sql
from kills import descendants
from world import DEPOT, EXPERT, HOSPITAL, OPERATORS, wait_for

OK, FAILED, USAGE, NOT_FOUND, ALARM = 0, 1, 2, 4, 6
LIST, CRL = "/liste.xml", "/organisations.crl"


class Files:
    """A web server with one answer a path: bytes, a status, or something worse. One over TLS, one plain."""

    def __init__(self):
        self.answers, self.asked, self.servers = {}, [], {}
        self.open = threading.Event()       # while it is not, who asks waits
        self.open.set()

    def handler(self):
        files = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                files.asked.append(self.path)
                files.open.wait(60)
                answer = files.answers.get(self.path, 404)
                if answer == "endless":
                    self.send_response(200)
                    self.send_header("Transfer-Encoding", "chunked")
                    self.end_headers()
                    try:
                        while True:
                            self.wfile.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                    except OSError:
                        self.close_connection = True
                    return
                if answer == "elsewhere":
                    self.send_response(302)
                    self.send_header("Location", LIST + ".good")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                if answer == "cut":
                    self.send_response(200)
                    self.send_header("Content-Length", "100000")
                    self.end_headers()
                    self.wfile.write(files.answers[LIST + ".good"][:500])
                    self.close_connection = True
                    return
                self.send_response(answer if isinstance(answer, int) else 200)
                body = b"" if isinstance(answer, int) else answer
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        return Handler

    def start(self, name, port, certificate=None):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), self.handler())
        server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.servers[name] = server

    def stop(self, name):
        server = self.servers.pop(name)
        server.shutdown()
        server.server_close()


def xml(entries, day, more=""):
    return ('<?xml version="1.0" encoding="UTF-8"?><ListeBlancheMSSante xmlns="https://listeblanche.mssante.fr/schema">'
            f"<DateDeGeneration>2026-11-{day:02}T00:00:00Z</DateDeGeneration><ListeDomaines>" + "".join(
                f"<Domaine><Nom>{domain}</Nom><DNCertificatOperateur>{name}</DNCertificatOperateur></Domaine>" for domain, name in entries) +
            more + "</ListeDomaines></ListeBlancheMSSante>").encode()


class Scene:
    def __init__(self, world):
        self.world, self.files, self.since = world, Files(), 0
        self.crls = os.path.join(world.pki, "crls")
        self.ports = free_port(), free_port()
        self.real = [(domain, world.subject(os.path.join(world.pki, name + ".pem"))) for name, (_, domains) in OPERATORS.items() for domain in domains]
        # Others, so that one domain is less than a tenth, and one bad entry less than a hundredth.
        self.others = [(f"site-{i}.mssante.fr", f"CN=mx{i % 3}.tiers.example,OU=31234567890001{i % 3},O=Tiers {i % 3},ST=Côtes-d'Armor (22),C=FR") for i in range(100)]

    def write(self, content):
        path = os.path.join(self.world.folder, "liste.xml")
        with open(path, "wb") as f:
            f.write(content)
        return path

    def trust(self, verb, content, *words, want=OK, code=None):
        done = self.world.relais("trust", verb, self.write(content), *words, "--json", check=False)
        assert done.returncode == want and (code is None or code in done.stderr), (verb, done)
        return json.loads(done.stdout) if done.stdout.strip() else None

    # ---------------------------------------------------------------- the refresher

    def configure(self):
        w = self.world
        self.server = w.issue("liste", "tls-server", cn="localhost", dns="localhost")
        self.files.start("tls", self.ports[0], self.server)
        self.files.start("plain", self.ports[1])
        w.relais_stop()
        w.set_groups({"trust": f'list_url = "https://localhost:{self.ports[0]}{LIST}"; crl_urls = "http://127.0.0.1:{self.ports[1]}{CRL}"; '
                               'list_anchors = "pki/anchors-tls.pem"; '})
        self.files.answers[LIST] = self.files.answers[LIST + ".good"] = xml(self.real + self.others, 10)
        self.files.answers[CRL] = self.crl("un")
        before, self.since = len(self.log("ready")), len(self.files.asked)
        w.relais_start()
        wait_for("the refresher", lambda: any(e["process"] == "refresher" for e in self.log("ready")[before:]))

    def now(self):
        """Once what was asked for before is over, the last of it the revocation list. Gives whom it was asked."""
        pid = next(p["pid"] for p in self.world.status()["processes"] if p["name"] == "refresher")
        wait_for("the refresher at rest", lambda: CRL in self.files.asked[self.since:] and not descendants(pid))
        self.since = len(self.files.asked)
        os.kill(pid, signal.SIGHUP)
        return pid

    def log(self, event):
        with open(os.path.join(self.world.dir, "log", "relais.log")) as f:
            return [e for e in map(json.loads, f) if e["event"] == event]

    def again(self, event, times=1):
        """Asks for everything now, until that event has come so many times more."""
        before = len(self.log(event))
        for i in range(times):
            self.now()
            wait_for(event, lambda: len(self.log(event)) > before + i)
        return self.log(event)[-1]

    def alarms(self):
        return {a["name"]: a for a in self.world.status()["alarms"]}

    def alarm(self, name, severity):
        found = wait_for(f"the alarm {name}", lambda: self.alarms().get(name))
        assert found["severity"] == severity, found
        return found["detail"]

    def cleared(self, name):
        wait_for(f"the end of the alarm {name}", lambda: name not in self.alarms())

    def crl(self, name, *words, authority="ca/organisations"):
        path = os.path.join(self.world.folder, name + ".crl.pem")
        subprocess.run(["openssl", "ca", "-config", os.path.join(self.world.pki, authority, "openssl.cnf"), "-gencrl", *words, "-out", path],
                       check=True, capture_output=True)
        der = subprocess.run(["openssl", "crl", "-in", path, "-outform", "DER"], check=True, capture_output=True).stdout
        return der

    def in_place(self):
        return {name: open(os.path.join(self.crls, name), "rb").read() for name in os.listdir(self.crls) if name.endswith(".crl")}


def cases(world, story):
    w, s = world, Scene(world)
    operator_a = tuple(f"{w.pki}/operateur-a.{e}" for e in ("pem", "key"))

    def offer(want=None):
        """One message as the operator's server brings it; want: the refusal."""
        head, message_id = clients.head(HOSPITAL, DEPOT, "Essai")
        try:
            clients.send(w.port, w.anchors, HOSPITAL, [DEPOT], head + clients.entity("Essai"), *operator_a)
        except clients.Refused as refused:
            assert want and refused.code == 550 and want in refused.text, refused
            return None
        assert want is None, "it was taken"
        return message_id

    def explain(domain, *words, want=OK, language="fr"):
        environment = dict(os.environ, LANG=language)
        plain = subprocess.run([os.path.join(w.bin, "relais"), "trust", "explain", domain, *words, "--dir", w.dir], capture_output=True, text=True, env=environment)
        assert plain.returncode == want, plain
        return plain.stdout, json.loads(w.relais("trust", "explain", domain, *words, "--json", check=False).stdout)

    # ------------------------------------------------------------ by hand
    def diff_changes_nothing():
        answer = s.trust("diff", xml(s.real + s.others, 2))
        assert len(answer["changes"]) == 100 and all(c["added"] and c["whole"] for c in answer["changes"]) and answer["in_use"] == [], answer
        assert not w.relais("trust", "list", "site-", as_json=True)
        text = w.relais("trust", "diff", s.write(xml(s.real + s.others, 2))).stdout
        assert text.index("Tiers 0") < text.index("+ site-0.mssante.fr") < text.index("Tiers 1"), text[:300]

    def comes_in_by_difference():
        before = {r["domain"]: r["listed_at"] for r in w.relais("trust", "list", as_json=True)}
        bad_entry = "<Domaine><Nom>mauvais domaine</Nom><DNCertificatOperateur>CN=x</DNCertificatOperateur></Domaine>"
        done = w.relais("trust", "import", s.write(xml(s.real + s.others, 2, bad_entry)))
        assert "entr" in done.stderr and str(len(s.real) + 101) in done.stderr, done
        after = {r["domain"]: r["listed_at"] for r in w.relais("trust", "list", as_json=True)}
        assert len(after) == len(before) + 100 and all(after[d] == at for d, at in before.items()), "what stayed keeps its date"
        last = w.relais("trust", "history", as_json=True)[-1]
        assert (last["added"], last["removed"], last["unread"], last["actor"]) == (100, 0, 1, "operator:infirmiere"), last
        again = s.trust("import", xml(s.real + s.others, 2, bad_entry))
        assert again["same"] and len(w.relais("trust", "history", as_json=True)) == last["import"], again

    def guards():
        s.trust("import", xml(s.real + s.others, 1), want=FAILED, code="trust.list.older")
        s.trust("import", xml(s.real + s.others[15:], 3), want=FAILED, code="trust.list.shrinks")
        answer = s.trust("import", xml(s.real[1:] + s.others, 3), want=FAILED, code="trust.list.in-use")
        assert {u["domain"] for u in answer["in_use"]} == {s.real[0][0]} and {"sender", "route"} <= {u["by"] for u in answer["in_use"]}, answer
        s.trust("import", b"<a/>", want=FAILED, code="trust.list.form")
        s.trust("import", xml(s.real + s.others, 3)[:-30], want=FAILED, code="document.malformed")
        s.trust("import", xml(s.real, 3, "<Domaine/>"), want=FAILED, code="trust.list.unreadable")
        assert w.relais("trust", "import", "/nulle/part", check=False).returncode == NOT_FOUND
        assert w.relais("trust", "diff", "x", "--force", check=False).returncode == USAGE
        assert len(w.relais("trust", "list", as_json=True)) == len(s.real) + 100

    def refused_at_once_and_back():
        w.first = offer()
        s.trust("import", xml([r for r in s.real if r[0] != "chu-exemple.mssante.fr"] + s.others, 4), "--force")
        offer(want="peer.domain")
        text, facts = explain("chu-exemple.mssante.fr")
        assert not facts["listed"] and facts["names"][0]["ended_at"] and "autrefois" in text and "peer.domain" in text, (text, facts)
        history = w.relais("trust", "history", as_json=True)
        assert history[-1]["forced"] and history[-1]["removed"] == 1, history[-1]
        s.trust("import", xml(s.real + s.others, 5))
        w.second = offer()

    def the_list_that_vouched():
        # A mail has its Message-ID for a name only once it is read: "accepted" comes before.
        wait_for("everything decided", lambda: not w.relais("queue", as_json=True))
        lists = [w.relais("trace", m, as_json=True)["inbox"][0] for m in (w.first, w.second)]
        assert lists[0]["trust"] < lists[1]["trust"], lists
        newest = w.relais("trust", "history", as_json=True)[-1]
        assert (lists[1]["trust"], lists[1]["trust_digest"]) == (newest["import"], newest["digest"]), (lists[1], newest)
        assert "trust_digest" in w.relais("trace", w.second).stdout
        assert w.relais("reconcile", check=False).returncode == OK
        # The pair that vouched is gone without a trace: reconcile misses it.
        sql(w, "begin; set local session_replication_role = replica; create table public.saved as select * from relais.trust_peer where domain = 'chu-exemple.mssante.fr'; "
               "update relais.trust_peer set domain = 'autre.mssante.fr' where domain = 'chu-exemple.mssante.fr'; "
               "delete from relais.trust_past where domain = 'chu-exemple.mssante.fr'; commit;")
        wrong = json.loads(w.relais("reconcile", "--json", check=False).stdout)
        assert any(c["bad"] == 2 for c in wrong if "list of its day" in c["name"]), [c for c in wrong if c["bad"]]
        sql(w, "update relais.trust_peer set domain = 'chu-exemple.mssante.fr' where domain = 'autre.mssante.fr'; "
               "insert into relais.trust_past select domain, name, shown, operator, 1, (select min(id) from relais.trust_import where removed = 1), listed_at - interval '1 hour', listed_at "
               "from public.saved; drop table public.saved")
        assert w.relais("reconcile", check=False).returncode == OK

    def explained():
        text, facts = explain("chu-exemple.mssante.fr")
        assert "CHU EXEMPLE" in text and "signature exigée" in text and "SMTP" in text and "127.0.0.1" in text, text
        assert facts["listed"] and facts["uses"]["senders"][0]["classes"] == ["record", "replacement", "deletion"] and facts["route"]["kind"] == "smtp", facts
        text, facts = explain("chu-exemple.mssante.fr", language="en")
        assert "signature required" in text and "is in the white list" in text, text
        text, facts = explain("experts.mssante.fr")
        assert EXPERT in text and facts["uses"]["experts"], text
        text, facts = explain("Chu-Exemple.MSSante.fr", "--certificate", operator_a[0])
        assert "Il serait accepté." in text and facts["certificate"]["accepted"], text
        text, facts = explain("chu-exemple.mssante.fr", "--certificate", f"{w.pki}/operateur-b.pem", want=FAILED)
        assert [d["attribute"] for d in facts["certificate"]["differences"]] == ["CN"] and "mx.operateur-b.mssante.fr" in text, (text, facts)
        text, facts = explain("chu-exemple.mssante.fr", "--certificate", w.foreign()[0][0], want=FAILED)
        assert not facts["certificate"]["trusted"] and "peer.certificate.untrusted" in text, text
        name = w.subject(operator_a[0])
        _, facts = explain("chu-exemple.mssante.fr", "--certificate", ",".join(reversed(name.split(","))).upper())
        assert facts["certificate"]["accepted"], facts
        _, facts = explain("chu-exemple.mssante.fr", "--certificate", name.replace("Paris (75)", "Paris"), want=FAILED)
        assert facts["certificate"]["differences"] == [{"attribute": "ST", "given": "paris", "listed": "paris (75)"}], facts
        assert w.relais("trust", "explain", "a.fr", "--certificate", "charabia", check=False).returncode == USAGE
        text, facts = explain("inconnu.mssante.fr")
        assert not facts["listed"] and "deliver.route" in text and "sender.unknown" in text, text

    # ------------------------------------------------------------ by the refresher
    def a_new_list():
        s.configure()
        s.now()
        wait_for("the list of the server", lambda: w.relais("trust", "history", as_json=True)[-1]["actor"] == "refresher")
        last = w.relais("trust", "history", as_json=True)[-1]
        assert last["source"].endswith(LIST) and last["generated_at"].startswith("2026-11-10"), last
        s.files.answers[LIST] = xml(s.real + s.others + [("nouveau.mssante.fr", s.real[0][1])], 11)
        s.again("white-list-taken")
        assert [r["domain"] for r in w.relais("trust", "list", "nouveau", as_json=True)] == ["nouveau.mssante.fr"]

    def the_same_list_is_confirmed():
        before = w.relais("trust", "history", as_json=True)[-1]
        sql(w, "update relais.trust_import set confirmed_at = now() - interval '8 days'")
        s.now()
        wait_for("the confirmation", lambda: w.relais("trust", "history", as_json=True)[-1]["confirmed_at"] > before["confirmed_at"])
        assert len(w.relais("trust", "history", as_json=True)) == before["import"]
        s.cleared("trust.list.stale")

    def asked_while_it_fetches():
        """What is brought may be of before: so it is fetched once more."""
        def asked():
            return s.files.asked.count(LIST)
        before = asked()
        s.files.open.clear()
        pid = s.now()
        wait_for("the list is asked for", lambda: asked() > before)
        os.kill(pid, signal.SIGHUP)
        time.sleep(1)                                   # he hears of it while he waits for the list
        s.files.open.set()
        wait_for("the list is asked for once more", lambda: asked() > before + 1, 20)

    def held_back(answer, reason, severity="critical"):
        """The list in force stays, an alarm says why; a good list clears it."""
        before, good = w.relais("trust", "list", as_json=True), s.files.answers[LIST]
        s.files.answers[LIST] = answer
        failed = s.again("white-list-not-taken" if reason[:5] in ("trust", "docum") else "fetch-failed", 3 if severity == "warning" else 1)
        assert failed["reason"] == reason, failed
        detail = s.alarm("trust.list.fetch", severity)
        assert detail["fetched"][0]["reason"] == reason, detail
        assert w.relais("trust", "list", as_json=True) == before
        s.files.answers[LIST] = good
        s.now()
        s.cleared("trust.list.fetch")

    def shown_in_status():
        s.files.answers[LIST], good = xml(s.real, 12), s.files.answers[LIST]
        s.now()
        s.alarm("trust.list.fetch", "critical")
        for words, language, want in ((("status", w.dir), "fr", "garde-fou"), (("status", w.dir), "en", "a guard"), (("alarms", "--dir", w.dir), "fr", "ALARME")):
            done = subprocess.run([os.path.join(w.bin, "relais"), *words], capture_output=True, text=True, env=dict(os.environ, LANG=language))
            assert done.returncode == ALARM and want in done.stdout and "trust.list.shrinks" in done.stdout, done
        s.files.answers[LIST] = good
        s.now()
        s.cleared("trust.list.fetch")
        assert w.relais("alarms").stdout.strip() in ("no alarm", "aucune alarme")

    def unreachable():
        s.files.stop("tls")
        failed = s.again("fetch-failed")
        assert failed["reason"] == "fetch.address" and "trust.list.fetch" not in s.alarms(), "once is nothing"
        s.again("fetch-failed", 2)
        s.alarm("trust.list.fetch", "warning")
        sql(w, "update relais.trust_import set confirmed_at = now() - interval '9 days'")
        s.now()
        s.alarm("trust.list.stale", "warning")
        text, facts = explain("chu-exemple.mssante.fr")
        assert facts["list"]["stale"] and "TROP ANCIENNE" in text, text
        sql(w, "update relais.trust_import set confirmed_at = now() - interval '15 days'")
        s.now()
        wait_for("a critical alarm", lambda: s.alarms()["trust.list.stale"]["severity"] == "critical")
        s.files.start("tls", s.ports[0], s.server)
        s.now()
        s.cleared("trust.list.stale")
        s.cleared("trust.list.fetch")

    def wrong_authority():
        s.files.stop("tls")
        s.files.start("tls", s.ports[0], w.foreign()[0])
        failed = s.again("fetch-failed")
        assert failed["reason"] == "fetch.tls", failed
        s.alarm("trust.list.fetch", "critical")
        s.files.stop("tls")
        s.files.start("tls", s.ports[0], w.issue("autre-nom", "tls-server", cn="autre.example", dns="autre.example"))
        assert s.again("fetch-failed")["reason"] == "fetch.tls"
        s.files.stop("tls")
        s.files.start("tls", s.ports[0], s.server)
        s.now()
        s.cleared("trust.list.fetch")

    # ------------------------------------------------------------ revocation lists
    def a_new_crl():
        wait_for("the first list", lambda: len(s.in_place()) == 1)
        first = s.in_place()
        time.sleep(1.1)
        s.files.answers[CRL] = s.crl("deux")
        taken = s.again("crl-taken")
        there = s.in_place()
        assert len(there) == 1 and there != first and there[taken["file"]] == s.files.answers[CRL], "the new one in the place of the old"
        status = os.stat(os.path.join(s.crls, taken["file"]))
        assert status.st_mode & 0o777 == 0o644 and not [n for n in os.listdir(s.crls) if n.endswith(".new")], oct(status.st_mode)
        w.good_crl, w.old_crl = s.files.answers[CRL], first[list(first)[0]]

    def crl_held_back(answer, reason, severity="critical"):
        before = s.in_place()
        s.files.answers[CRL] = answer
        failed = s.again("fetch-failed" if reason.startswith("fetch") else "crl-not-taken", 3 if severity == "warning" else 1)
        assert failed["reason"] == reason, failed
        assert s.alarm("crl.fetch", severity)["fetched"][0]["reason"] == reason
        assert s.in_place() == before
        s.files.answers[CRL] = w.good_crl
        s.now()
        s.cleared("crl.fetch")

    def crls_held_back():
        foreign = os.path.join(w.folder, "foreign/foreign/ca/racine")
        w.foreign()
        forged = s.crl("faux", authority=os.path.relpath(foreign, w.pki))
        crl_held_back(forged, "crl.signature")
        crl_held_back(w.good_crl[:-1] + bytes([w.good_crl[-1] ^ 1]), "crl.signature")
        crl_held_back(w.old_crl, "crl.older")
        ended = s.crl("echue", "-crlsec", "1")
        time.sleep(2)
        crl_held_back(ended, "crl.ended")
        crl_held_back(b"rien", "crl.form")
        crl_held_back(404, "fetch.answer", "warning")

    def a_crl_that_ends():
        time.sleep(1.1)
        s.files.answers[CRL] = s.crl("courte", "-crlhours", "2")
        s.again("crl-taken")
        detail = s.alarm("crl.stale", "warning")
        assert "ORGANISATIONS" in detail["lists"][0]["name"], detail
        time.sleep(1.1)
        s.files.answers[CRL] = w.good_crl = s.crl("longue")
        s.again("crl-taken")
        s.cleared("crl.stale")

    # ------------------------------------------------------------ certificates
    def certificates():
        done = w.relais("certificate", "list", as_json=True)
        assert {"server", "client", "seal", "anchor", "chain", "crl"} <= {c["kind"] for c in done}, done
        assert {c["kind"] for c in done if c["troubles"] not in ([], ["overtaken"])} == set(), done
        assert w.relais("certificate", "list").returncode == OK
        seal = os.path.join(w.pki, "relais-seal.pem")
        kept = seal + ".kept"
        shutil.copyfile(seal, kept)
        ends = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + 5 * 86400))
        for name, more, alarm, trouble in (("bref", {"end": ends}, "certificate.expiring", "days-7"),
                                           ("echu", {"start": "20200101000000Z", "end": "20210101000000Z"}, "certificate.expired", "expired")):
            other, _ = w.issue(name, "seal", cn=name, email=f"avis@{DEPOT.split('@')[1]}", **more)
            shutil.copyfile(other, seal)
            s.now()
            detail = s.alarm(alarm, "critical")
            assert detail["certificates"][0]["use"] == "signer", detail
            listed = w.relais("certificate", "list", "--json", check=False)
            assert listed.returncode == FAILED, "its key is not the one there, or it has ended"
            row = next(c for c in json.loads(listed.stdout) if c["kind"] == "seal")
            assert {trouble, "other-key"} <= set(row["troubles"]), row
        shutil.copyfile(kept, seal)
        os.unlink(kept)
        s.now()
        s.cleared("certificate.expired")
        wait_for("no alarm", lambda: s.alarms() == {})

    def no_row_vanishes():
        for table in ("trust_import", "trust_peer", "trust_past"):
            n, unseen = walls.each_row(w, table)
            assert n > 0 and unseen == 0, f"{table}: {unseen} of {n} rows can vanish unseen"

    def nothing_personal():
        text = json.dumps(s.log("alarm-raised")) + json.dumps(s.log("alarm-cleared"))
        raised = {e["alarm"] for e in s.log("alarm-raised")}
        assert {"trust.list.fetch", "trust.list.stale", "crl.fetch", "crl.stale", "certificate.expiring", "certificate.expired"} <= raised, raised
        assert not re.search(r"@|\d{13}", text.replace("31234567890001", "")), text
        for name in list(s.files.servers):
            s.files.stop(name)

    yield "diff says what would change and changes nothing", diff_changes_nothing
    yield "a list comes in by what differs; one bad entry is told and passed over", comes_in_by_difference
    yield "guards: older, shrunken, a domain in use, cut, unreadable", guards
    yield "a domain taken off the list is refused at once, and taken again when it is back", refused_at_once_and_back
    yield "each message notes the list that vouched, and reconcile holds it against it", the_list_that_vouched
    yield "explain: who, under which name, what for, which way, and what differs", explained
    yield "the refresher brings a new list", a_new_list
    yield "the same list again is confirmed", the_same_list_is_confirmed
    yield "the refresher is asked again while it fetches", asked_while_it_fetches
    yield "a shrunken list is held back", lambda: held_back(xml(s.real, 12), "trust.list.shrinks")
    yield "a list without a domain in use is held back", lambda: held_back(xml(s.real[1:] + s.others, 12), "trust.list.in-use")
    yield "an older list is held back", lambda: held_back(xml(s.real + s.others, 2), "trust.list.older")
    yield "garbage is held back", lambda: held_back(bytes(range(1, 255)) * 20, "document.malformed")
    yield "a list cut by its server", lambda: held_back("cut", "fetch.answer", "warning")
    yield "a list without an end", lambda: held_back("endless", "fetch.size", "warning")
    yield "a redirection is not followed", lambda: held_back("elsewhere", "fetch.answer", "warning")
    yield "open alarms stand in status with what to do", shown_in_status
    yield "a server that is away: an alarm after three tries, and the list grows old", unreachable
    yield "a server with another authority, or another name", wrong_authority
    yield "the refresher brings a new revocation list", a_new_crl
    yield "a forged, older, ended or missing revocation list", crls_held_back
    yield "a revocation list that ends within a day", a_crl_that_ends
    yield "certificates that end, have ended, do not fit", certificates
    yield "no row of the lists can vanish unseen", no_row_vanishes
    yield "alarms in the log name nobody", nothing_personal
