"""The deliverer as it runs: hosts by DNS, the white list of servers, several connections, slow and dead destinations, logins, late mail."""
import base64
import json
import os
import sys
import threading
import time

import dns_peer
from dns_peer import A, MX, DnsPeer
from process_cases import NAME, expect, world
from smtp_peer import SmtpPeer

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
from ports import free_port        # noqa: E402

CASES = []


def case(f):
    CASES.append(f)
    return f


class Net:
    """Destinations that are found by DNS: each host an SMTP peer on an address of its own."""

    def __init__(self, lab, w, zone, hosts, bend=None):
        """hosts: {address: SmtpPeer words}; every host has the one port."""
        self.w = w
        self.dns = DnsPeer(zone, bend)
        self.port = free_port()
        self.peers = {}
        for address, words in hosts.items():
            words = dict(words)
            pair = words.pop("pair", None)
            self.peers[address] = SmtpPeer(lab.tls(pair), words.pop("bend", None), host=address, port=self.port, **words)

    def start(self, retry=1, more="", **config):
        text = 'dns_servers = "%s"; mx_port = %d; mx_private = true; %s' % (self.dns.servers(), self.port, more)
        return self.w.start("deliverer", mx=True, retry=retry, deliverer=text, **config)

    def close(self):
        self.dns.close()
        for peer in self.peers.values():
            peer.close()


ONE = {"a.fr": {MX: [(10, NAME)]}, NAME: {A: ["127.0.0.1"]}}
TWO = {"a.fr": {MX: [(10, "autre.exemple.fr"), (20, NAME)]}, "autre.exemple.fr": {A: ["127.0.0.2"]}, NAME: {A: ["127.0.0.1"]}}


# ---------------------------------------------------------------- DNS


@case
def mx_delivers(lab):
    w = world(lab)
    outbox = w.sealed("a.fr")[0]
    net = Net(lab, w, ONE, {"127.0.0.1": {}})
    deliverer = net.start()
    row = w.until(outbox, "accepted", "failed")
    expect("row", (row["state"], row["host"], row["tries"]), ("accepted", NAME, "1"))
    expect("reports asked for", w.store.sql("select reports from outbox_attempt where outbox = %d" % outbox), [["t"]])
    deliverer.end()
    net.close()


@case
def mx_a_route_wins_over_dns(lab):
    w = world(lab)
    outbox = w.sealed("a.fr")[0]
    net = Net(lab, w, ONE, {"127.0.0.1": {}})
    routed = SmtpPeer(lab.tls(), offers=())
    deliverer = net.start(routes=[("a.fr", routed.port)])
    w.until(outbox, "accepted")
    expect("mails", (len(routed.mails), len(net.peers["127.0.0.1"].mails), net.dns.asked), (1, 0, []))
    expect("a hop without reports is noted", w.store.sql("select reports from outbox_attempt where outbox = %d" % outbox), [[None]])
    expect("and proves no more", w.row(outbox)["proof"], "2")
    deliverer.end()
    net.close()
    routed.close()


@case
def mx_next_host(lab):
    bad = {
        "a greeting that refuses": {"bend": {"GREETING": "554 go away\r\n"}},
        "no STARTTLS": {"starttls": False},
        "a certificate of another name": {"pair": lab.server},
        "busy in the middle": {"pair": lab.wrong, "bend": {"RCPT": "421 4.3.2 busy\r\n"}},
        "closed at MAIL": {"pair": lab.wrong, "bend": {"MAIL": None}},
        "nonsense": {"pair": lab.wrong, "bend": {"MAIL": "hello\r\n"}},
        "full disk": {"pair": lab.wrong, "bend": {"MAIL": "452 4.3.1 full\r\n"}},
    }
    w = world(lab)
    w.list("a.fr", lab.wrong)
    for what, words in bad.items():
        w.stop_all()
        outbox = w.sealed("a.fr")[0]
        net = Net(lab, w, TWO, {"127.0.0.2": words, "127.0.0.1": {}})
        net.start(retry=60)
        row = w.until(outbox, "accepted", "failed")
        expect(what, (row["state"], row["host"], row["tries"]), ("accepted", NAME, "1"))
        assert net.peers["127.0.0.2"].server.connections > 0, "%s: the first host was not asked" % what
        net.close()


@case
def mx_never_twice(lab):
    # After the message the first host may have it: the second is not tried in this attempt.
    w = world(lab)
    w.list("a.fr", lab.wrong)
    for bend, reason in (({"DOT": None}, "deliver.dropped"), ({"DOT": "451 4.3.0 hm\r\n"}, "deliver.later"), ({"DOT": "421 4.3.2 bye\r\n"}, "deliver.busy")):
        w.stop_all()
        outbox = w.sealed("a.fr")[0]
        net = Net(lab, w, TWO, {"127.0.0.2": {"pair": lab.wrong, "bend": bend}, "127.0.0.1": {}})
        net.start(retry=60)
        w.wait("select reason = '%s' and state = 'sealed' and next_at > now() + interval '50 seconds' from outbox where id = %d" % (reason, outbox))
        expect("second host", net.peers["127.0.0.1"].server.connections, 0)
        net.close()


@case
def mx_a_refusal_is_the_last_word(lab):
    w = world(lab)
    w.list("a.fr", lab.wrong)
    outbox = w.sealed("a.fr")[0]
    net = Net(lab, w, TWO, {"127.0.0.2": {"pair": lab.wrong, "bend": {"RCPT": "550 5.1.1 nobody\r\n"}}, "127.0.0.1": {}})
    net.start(retry=60)
    expect("reason", w.until(outbox, "failed", "accepted")["reason"], "deliver.mailbox.none")
    expect("second host", net.peers["127.0.0.1"].server.connections, 0)
    net.close()


@case
def mx_what_dns_refuses(lab):
    w = world(lab)
    zone = {"muet.fr": {MX: [(0, "")]}, "nous.fr": {MX: [(10, "relais.exemple.mssante.fr")]}, "panne.fr": {MX: [(10, NAME)]}, NAME: {A: ["127.0.0.1"]}}
    net = Net(lab, w, zone, {"127.0.0.1": {}}, {"panne.fr": dns_peer.servfail})
    rows = {domain: w.sealed(domain)[0] for domain in ("muet.fr", "nulle-part.fr", "nous.fr", "panne.fr")}
    net.start(retry=60)
    for domain, reason, enhanced in (("muet.fr", "deliver.domain.no-mail", "5.1.10"), ("nulle-part.fr", "deliver.domain.none", "5.1.2")):
        row = w.until(rows[domain], "failed")
        expect(domain, (row["reason"], row["enhanced"]), (reason, enhanced))
    for domain, reason in (("nous.fr", "deliver.mx"), ("panne.fr", "deliver.dns")):
        w.wait("select reason = '%s' and state = 'sealed' from outbox where id = %d" % (reason, rows[domain]), 30)
    expect("connections", net.peers["127.0.0.1"].server.connections, 0)
    net.close()


@case
def mx_private_addresses_are_not_asked(lab):
    w = world(lab)
    outbox = w.sealed("a.fr")[0]
    net = Net(lab, w, ONE, {"127.0.0.1": {}})
    w.start("deliverer", mx=True, retry=60, deliverer='dns_servers = "%s"; mx_port = %d;' % (net.dns.servers(), net.port))
    w.wait("select reason = 'deliver.mx' and state = 'sealed' from outbox where id = %d" % outbox)
    expect("connections", net.peers["127.0.0.1"].server.connections, 0)
    net.close()


@case
def dns_servers_that_are_none(lab):
    w = world(lab)
    deliverer = w.start("deliverer", mx=True, deliverer='dns_servers = "pas un serveur";')
    expect("status", deliverer.p.wait(10), 78)
    expect("told", deliverer.events("config-refused")[0]["key"], "deliverer.dns_servers")


# ---------------------------------------------------------------- the white list


@case
def server_must_be_listed(lab):
    w = world(lab)
    outbox = w.sealed("ailleurs.fr")[0]
    zone = {"ailleurs.fr": {MX: [(10, NAME)]}, NAME: {A: ["127.0.0.1"]}}
    net = Net(lab, w, zone, {"127.0.0.1": {}})
    net.start(retry=1)
    w.wait("select reason = 'deliver.peer' and state = 'sealed' from outbox where id = %d" % outbox)
    expect("who it was", w.row(outbox)["reply_text"], w.subject())
    assert not any(line.startswith("MAIL") for line in net.peers["127.0.0.1"].said), "MAIL was said to a stranger"
    expect("alarm", w.store.sql("select severity, detail->>'host', detail->>'reason' from alarm_list() where name = 'deliver.ours'"),
           [["critical", NAME, "deliver.peer"]])
    # A name of the list for another domain is not enough; one for this is.
    w.list("ailleurs.fr")
    w.stop_all()
    w.store.sql("update outbox set state = 'sealed', next_at = now(), session = null where id = %d" % outbox)
    net.start(retry=1)
    w.until(outbox, "accepted")
    expect("alarm afterwards", w.store.sql("select * from alarm_list() where name = 'deliver.ours'"), [])
    net.close()


@case
def server_of_a_route_must_be_listed(lab):
    w = world(lab)
    strange, fine = w.sealed("etrange.fr")[0], w.sealed("a.fr")[0]
    peer = SmtpPeer(lab.tls())
    w.start("deliverer", routes=[("*", peer.port)], retry=60)
    w.until(fine, "accepted")
    w.wait("select reason = 'deliver.peer' and state = 'sealed' from outbox where id = %d" % strange)
    expect("recipients", [line for line in peer.said if line.startswith("RCPT") and "etrange" in line], [])
    expect("one connection serves both questions", peer.server.connections, 1)
    peer.close()


@case
def server_must_not_be_revoked(lab):
    w = world(lab)
    pair = lab.issue("revoked", "tls-server", NAME)
    lab.script("revoke", lab.pki, "revoked")
    outbox = w.sealed("a.fr")[0]
    peer = SmtpPeer(lab.tls(pair))
    crls = 'crls = "%s/crls";' % lab.pki
    w.start("deliverer", routes=[("a.fr", peer.port)], deliverer=crls, retry=60)
    w.wait("select reason = 'deliver.certificate' and state = 'sealed' from outbox where id = %d" % outbox)
    expect("said", peer.said, [])
    peer.close()
    # The one that is not revoked is taken by the same lists.
    w.stop_all()
    good = w.sealed("a.fr")[0]
    peer = SmtpPeer(lab.tls())
    w.start("deliverer", routes=[("a.fr", peer.port)], deliverer=crls)
    w.until(good, "accepted")
    peer.close()


@case
def our_own_operator_need_not_be_listed(lab):
    w = world(lab)
    token = os.path.join(w.folder, "deliver.token")
    with open(token, "w") as f:
        f.write("premier\n")
    outbox = w.sealed("libre.fr")[0]

    def auth(wire):
        """The first token is over, however often it is tried."""
        good = b"Bearer second" in base64.b64decode(peer.said[-1].split(" ")[2])
        wire.send("235 2.7.0 ok\r\n" if good else "535 5.7.8 expired\r\n")
        return good
    peer = SmtpPeer(lab.tls(), {"AUTH": auth}, offers=("8BITMIME", "AUTH XOAUTH2"))
    keys = 'tls = "starttls"; auth = "xoauth2"; user = "avis"; token_file = "%s";' % token
    deliverer = w.start("deliverer", routes=[("*", peer.port, keys)], retry=1)
    w.wait("select reason = 'deliver.auth' and state = 'sealed' from outbox where id = %d" % outbox)
    # The token is read anew at each login, whoever replaced it how.
    with open(token + ".new", "w") as f:
        f.write("second\n")
    os.rename(token + ".new", token)
    w.until(outbox, "accepted", seconds=60)
    logins = [line for line in peer.said if line.startswith("AUTH")]
    expect("logins", len(set(logins)), 2)
    log = deliverer.log()
    assert "premier" not in log and "second" not in log, "the token is in the log"
    for column in ("reply_text", "tls"):
        assert "second" not in (w.row(outbox)[column] or "")
    deliverer.end()
    peer.close()


# ---------------------------------------------------------------- many and much


@case
def much_mail_takes_more_connections(lab):
    w = world(lab)
    for connections in (1, 4):
        # Mail of its own each time: what left before is in the journal, and does not leave again (sent.before).
        w.stop_all()
        rows = w.sealed("a.fr", n=70)
        now, most, came = [0], [0], threading.Condition()

        def dot(wire):
            """Answers once as many as allowed have been here at once, however slowly they come; and not at once, for one more to come if it would."""
            with came:
                now[0] += 1
                most[0] = max(most[0], now[0])
                came.notify_all()
                came.wait_for(lambda: most[0] >= connections, 30)
            time.sleep(0.05)
            with came:
                now[0] -= 1
            wire.send("250 2.0.0 ok\r\n")
        peer = SmtpPeer(lab.tls(), {"DOT": dot})
        w.start("deliverer", routes=[("a.fr", peer.port)], deliverer="destination_connections = %d;" % connections)
        w.wait("select count(*) = 70 from outbox where state = 'accepted' and id between %d and %d" % (rows[0], rows[-1]), 60)
        expect("at once", most[0], connections)
        expect("each once", (len(peer.mails), len(set(peer.mails))), (70, 70))
        w.store.sql("update outbox set state = 'cancelled' where id between %d and %d" % (rows[0], rows[-1]))
        peer.close()


@case
def a_slow_destination_starves_nobody(lab):
    w = world(lab)
    rows = w.sealed("a.fr", n=100)
    good = w.sealed("b.fr")[0]
    w.store.sql("update outbox set next_at = now() + interval '1 hour' where id = %d" % good)
    tarpit = SmtpPeer(lab.tls(), {"RCPT": lambda wire: time.sleep(60)})
    quick = SmtpPeer(lab.tls())
    w.start("deliverer", routes=[("a.fr", tarpit.port), ("b.fr", quick.port)], deliverer="destination_connections = 20;")
    w.wait("select count(*) >= 6 from outbox where state = 'sending' and id between %d and %d" % (rows[0], rows[-1]))
    start = time.time()
    w.store.sql("update outbox set next_at = now() where id = %d; notify outbox" % good)
    w.until(good, "accepted")
    assert time.time() - start < 15, "it took %.1f s" % (time.time() - start)       # the others take a minute
    tarpit.close()
    quick.close()


@case
def many_destinations_at_once(lab):
    w = world(lab)
    domains = ["d%d.fr" % n for n in range(120)]
    zone = {domain: {MX: [(10, NAME)]} for domain in domains}
    zone[NAME] = {A: ["127.0.0.1"]}
    for domain in domains:
        w.mail(domain)
    w.list_all("select distinct domain from outbox")
    signer = w.start("signer")
    w.wait("select count(*) = 0 from outbox where state = 'composed'")
    signer.end()
    now, together, came = [0], [0], threading.Condition()

    def dot(wire):
        """Nobody is answered before more than eight have been here at once, however slowly they come."""
        with came:
            now[0] += 1
            together[0] = max(together[0], now[0])
            came.notify_all()
            came.wait_for(lambda: together[0] > 8, 30)
            now[0] -= 1
        wire.send("250 2.0.0 ok\r\n")
    net = Net(lab, w, zone, {"127.0.0.1": {"bend": {"DOT": dot}}})
    deliverer = net.start()
    most, end = 0, time.time() + 60
    while time.time() < end and w.store.sql("select count(*) > 0 from outbox where state in ('sealed', 'sending')")[0][0] == "t":
        most = max(most, len(deliverer.children()))
        time.sleep(0.05)
    most = max(most, together[0])
    expect("accepted", w.store.sql("select count(*) from outbox where state = 'accepted' and domain like 'd%'"), [["120"]])
    assert 8 < most <= 32, "%d children" % most
    expect("each once", len(set(net.peers["127.0.0.1"].mails)), 120)
    deliverer.end()
    net.close()


# ---------------------------------------------------------------- late mail


def worker_alone(w):
    """Nothing that came in is left to be read: the readers do not run here."""
    w.store.sql("update inbox set state = 'done', outcome = 'ignored', session = null where state <> 'done'")
    return w.start("worker")


@case
def late_mail_is_told_once(lab):
    w = world(lab)
    old = w.sealed("a.fr", created="now() - interval '61 minutes'")[0]
    young = w.sealed("a.fr", created="now() - interval '50 minutes'")[0]
    worker = worker_alone(w)
    w.wait("select warned_at is not null from outbox where id = %d" % old)
    time.sleep(2.5)
    expect("the younger one", w.store.sql("select warned_at from outbox where id = %d" % young), [[None]])
    expect("told", [e["outbox"] for e in worker.events("mail-late")], [old])
    expect("in the queue", w.store.sql("select id, late_since is not null from queue_list(false) where id in ('S%d', 'S%d') order by 1" % (old, young)),
           [["S%d" % n, "t" if n == old else "f"] for n in sorted((old, young))])
    expect("alarm", w.store.sql("select severity, detail->>'mails' from alarm_list() where name = 'queue.late'"), [["warning", "1"]])
    # It leaves after all: told no more, and nobody need look.
    peer = SmtpPeer(lab.tls())
    deliverer = w.start("deliverer", routes=[("a.fr", peer.port)])
    w.until(old, "accepted")
    w.wait("select count(*) = 0 from alarm_list() where name = 'queue.late'")
    deliverer.end()
    peer.close()
    worker.kill()


@case
def late_mail_of_a_dossier_is_an_event(lab):
    w = world(lab)
    patient = {"ins": "279035121518989", "oid": "1.2.250.1.213.1.4.10", "family_birth": "PAT-TROIS", "given_birth_first": "DOMINIQUE",
               "birth_time": "19790328", "sex": "F", "birth_place": "51215"}
    request = {"patient": patient, "mailbox": "279035121518989@patient.mssante.fr", "pathology": "cancer-sein", "version": "1", "requester": "patient",
               "organisation": "1750000018", "sender": "x@y.fr", "consent_processing": True, "consent_expert": True, "attending": {"consent": False},
               "first_opinion": {"consent": False}, "answers": []}
    dossier = w.store.sql("select id from dossier_create('279035121518989', '1.2.250.1.213.1.4.10', 'cancer-sein', now() - interval '2 hours')")[0][0]
    w.store.sql("select dossier_append(%s, 1, now() - interval '2 hours', 'requested', '%s', 'relais', 'request.open/1', null)"
                % (dossier, json.dumps({**request, "mails": 1})))
    outbox = w.sealed("a.fr", created="now() - interval '2 hours'")[0]
    w.store.sql("update outbox set dossier = %s, event = 1, code = 'M01', party = 'patient' where id = %d" % (dossier, outbox))
    worker = worker_alone(w)
    w.wait("select exists (select from dossier_event where dossier = %s and kind = 'mail_late')" % dossier)
    event = w.store.sql("select rule, data->>'outbox', data->>'code' from dossier_event where dossier = %s and kind = 'mail_late'" % dossier)
    expect("event", event, [["delivery.late/1", str(outbox), "M01"]])
    expect("reconcile", w.store.sql("select bad from reconcile(false) where name = 'late mail that its dossier does not know'"), [["0"]])
    worker.kill()
    w.store.sql("update outbox set dossier = null, event = null where id = %d" % outbox)
