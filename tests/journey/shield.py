"""The identity shield and the virus scanner: a real clamd with two signatures of our own, another patient's dossier, and what names that patient."""
import os
import signal
import socket
import subprocess
import threading
import time

import bad
import clients
import documents
import papers
import rehearse
import walls
from correspondents import FAMILIES, unpack
from database import sql
from world import DEPOT, EXPERT, HOSPITAL, PATIENT, PLATFORM, World, wait_for

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SIGNATURE = "Essai-Eicar"
HARMLESS_UNTIL_NOW = b"Rectificatif-A"
LIMIT_MB, SCANNED_MB = 3, 2
THIRD = {"ins": "262029912345604", "family": "PAT-TIERS", "given": "ANNE", "birth": "19620202", "sex": "F", "place": "39123"}


class Clamd:
    """clamd, unpacked privately, with a folder of signatures of our own: no network, nothing installed."""

    def __init__(self, folder, cache):
        self.root, self.folder, self.process = unpack(os.path.join(cache, "clamav"), FAMILIES["clamav"]), folder, None
        os.makedirs(os.path.join(folder, "signatures"), exist_ok=True)
        os.chmod(folder, 0o755)
        self.socket = os.path.join(folder, "clamd.sock")
        self.signatures((SIGNATURE, EICAR))
        with open(os.path.join(folder, "clamd.conf"), "w") as f:
            f.write(f"Foreground yes\nUser root\nLocalSocket {self.socket}\nLocalSocketMode 666\nDatabaseDirectory {folder}/signatures\nStreamMaxLength {LIMIT_MB}M\n"
                    f"MaxFileSize {SCANNED_MB}M\nAlertExceedsMax yes\n")

    def signatures(self, *all_of_them):
        with open(os.path.join(self.folder, "signatures", "nous.ndb"), "w") as f:
            f.writelines(f"{name}:0:*:{text.hex()}\n" for name, text in all_of_them)

    def start(self):
        libraries = ":".join(os.path.join(self.root, "usr/lib", d) for d in ("x86_64-linux-gnu", ""))
        with open(os.path.join(self.folder, "clamd.log"), "ab") as log:
            self.process = subprocess.Popen([os.path.join(self.root, "usr/sbin/clamd"), "-c", os.path.join(self.folder, "clamd.conf")],
                                            env=dict(os.environ, LD_LIBRARY_PATH=libraries), stdout=log, stderr=log)
        wait_for("clamd's socket", lambda: os.path.exists(self.socket))

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
        if os.path.exists(self.socket):
            os.unlink(self.socket)

    def restart(self):
        self.kill()
        self.start()

    def pause(self):
        """Its socket stands, and nobody answers."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)


class Silent:
    """In clamd's place: it is there, takes every message, and hangs up over it, after so many seconds."""

    def __init__(self, path):
        self.path, self.asked, self.seconds = path, 0, 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        os.chmod(path, 0o666)
        self.listener.listen(20)
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        with peer:
            said = b""
            while not said.startswith(b"zPING") and not said.endswith(b"\0\0\0\0") and (piece := peer.recv(1 << 20)):
                said += piece
            if said.startswith(b"zPING"):
                peer.sendall(b"PONG\0")
            else:
                self.asked += 1
                time.sleep(self.seconds)

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        os.unlink(self.path)


class ShieldWorld(World):
    def _configure(self):
        super()._configure()
        self.clamd = Clamd(os.path.join(self.folder, "antivirus"), self.cache)
        self.clamd.start()
        self.set_groups({"antivirus": f'clamd = "{self.clamd.socket}";'})

    def stop(self):
        try:
            super().stop()
        finally:
            self.clamd.kill()


def identity(who):
    return documents.patient(who["ins"], who["family"], who["given"], who["given"], who["birth"], who["sex"], who["place"])


def speaking(sentence):
    """An exam of the own patient whose narrative says that."""
    return documents.made_exam("18748-4").replace("Document d'exemple".encode(), sentence.encode() + " Document d'exemple".encode())


def cases(world, story):
    w, known = world, {}

    def shown(ref=None):
        return w.relais("dossier", "show", ref or story.ref, as_json=True)

    def mail(code, party, state=None):
        rows = [m for m in shown()["mails"] if m["code"] == code and m["party"] == party and (state is None or m["state"] == state)]
        return rows[-1] if rows else None

    def stopped(code, party, reason):
        """The mail that waits for a person, as `relais trace` tells it."""
        row = wait_for(f"{code} stopped", lambda: (m := mail(code, party)) and m["state"] == "decided" and m["reason"] == reason and m)
        number = f"S{row['outbox']}"
        told = w.relais("trace", number, as_json=True)["outbox"][-1]
        assert told["looked"] == "held" and told["sealed_at"] is None, told
        tasks = [t for t in w.relais("tasks", as_json=True) if t["ref"] == story.ref and t["name"] == "mail_stopped"]
        assert len(tasks) == 1 and tasks[0]["owners"] == ["nurses"], tasks
        event = [e for e in w.relais("dossier", "history", story.ref, as_json=True) if e["kind"] == "mail_stopped" and e["data"]["id"] == number][-1]
        assert event["data"]["text"] == reason, event
        return number, told

    def packages(address):
        return [raw for raw in w.mailbox(address).all() if b"IHE_XDM.zip" in raw]

    def no_task():
        wait_for("no stopped mail", lambda: not [t for t in w.relais("tasks", as_json=True) if t["name"] == "mail_stopped"])

    def refused(*words, code):
        done = w.relais(*words, check=False)
        assert done.returncode != 0 and f"[{code}]" in done.stdout + done.stderr, (words, done.returncode, done.stdout, done.stderr)

    def asks(who):
        """Another patient asks for an opinion; the reference of that dossier."""
        before = {d["ref"] for d in story.dossiers()}
        form = documents.questionnaire(documents.answers(), identity=identity(who))
        archive = documents.xdm([documents.packed("74465-6", form)], ins=who["ins"])
        story.send(PLATFORM, DEPOT, "XDM/1.0/DDM+Questionnaire patient", "Demande de deuxième avis.", [("IHE_XDM.zip", "application/zip", archive)], w.platform)
        return wait_for("another dossier", lambda: next((d["ref"] for d in story.dossiers() if d["ref"] not in before), None))

    def opened():
        story.ask()
        known["other"] = asks(documents.OTHER)
        assert w.status()["antivirus"] == w.clamd.socket

    def a_document_that_names_the_other():
        story.record(content=speaking("Comparé au cliché de M. Jean Pat-Autre, né le 1er janvier 1960. Mme Pat-Tiers, née le 2 février 1962, attend."))
        story.reaches("triage")
        story.triage()
        story.send(EXPERT, story.expert_relay, "Re: " + story.offer["Subject"], "ACCEPTE", in_reply_to=story.offer["Message-ID"], name="Pr Claire MOREAU")
        story.reaches("accepted")
        number, told = stopped("M13", "expert", "shield.identity")
        assert told["names"] == known["other"], told
        assert not packages(EXPERT), "nothing of the dossier has left"
        known["dossier mail"] = number
        refused("retry", number, code="outbox.over")
        refused("dossier", "let-go", story.ref, number, " ", code="local.usage")
        refused("dossier", "let-go", story.ref, "S999999", "vu", code="local.not-found")
        refused("dossier", "let-go", known["other"], number, "vu", code="local.not-found")

    def somebody_else_is_not_let_go():
        """Whom the person was not shown, because that dossier was opened later, stops the mail again; who was let go is not told twice."""
        known["third"] = asks(THIRD)
        w.relais("dossier", "let-go", story.ref, known["dossier mail"], "Comparaison voulue par le radiologue.")
        told = wait_for("it is stopped again", lambda: (t := w.relais("trace", known["dossier mail"], as_json=True)["outbox"][-1]) and t["looked"] == "held" and t["names"] != known["other"] and t)
        assert told["names"] == known["third"] and told["sealed_at"] is None and not packages(EXPERT), told

    def a_person_lets_it_go():
        w.relais("dossier", "let-go", story.ref, known["dossier mail"], "Comparaison voulue par le radiologue, vue avec lui.")
        _, full = story.arrives(EXPERT, "dossier", lambda m: (m["Subject"] or "").startswith("XDM/1.0/DDM+"))
        story.full, story.expert_relay = full, full["Reply-To"]
        no_task()
        event = [e for e in w.relais("dossier", "history", story.ref, as_json=True) if e["kind"] == "mail_let_go"][-1]
        assert event["data"]["text"].startswith("Comparaison") and event["actor"] == "operator:infirmiere", event

    def an_opinion_whose_annex_has_the_others_number():
        story.send_opinion(("lettre.pdf", "application/pdf", papers.letter("INS 1 60 01 39 123 456 04", "")))
        story.reaches("checked")
        w.relais("dossier", "release", story.ref)
        number, told = stopped("M21", "patient", "shield.identity")
        assert told["names"] == known["other"], told
        copy, _ = stopped("M64", "attending", "shield.identity")
        w.relais("dossier", "drop", story.ref, number, "Lettre d'un autre patient : à redemander.")
        w.relais("dossier", "drop", story.ref, copy, "Lettre d'un autre patient : à redemander.")
        refused("dossier", "drop", story.ref, number, "encore", code="local.not-found")
        assert mail("M21", "patient")["state"] == "cancelled" and mail("M21", "patient")["reason"] == "shield.dropped"
        no_task()
        assert not packages(PATIENT), "no report has left"

    def a_corrected_opinion_leaves():
        story.send(EXPERT, story.expert_relay, "Re: " + story.full["Subject"], story.opinion_text(Résumé_pour_le_patient="Rectificatif-A : votre sein peut être conservé."), signer=w.expert, in_reply_to=story.full["Message-ID"], name="Pr Claire MOREAU")
        story.reaches("revision")
        # The scanner learns a word of the report after the opinion came in.
        w.clamd.signatures((SIGNATURE, EICAR), ("Essai-Mot", HARMLESS_UNTIL_NOW))
        w.clamd.restart()
        w.relais("dossier", "release", story.ref)
        number, told = stopped("M21", "patient", "mail.virus")
        other, _ = stopped("M64", "attending", "mail.virus")                # now: later the scanner knows that word no more
        assert told["virus"].startswith("Essai-Mot") and told["antivirus"] == "found", told
        w.relais("dossier", "let-go", story.ref, number, "vu")
        wait_for("it is scanned again", lambda: len([e for e in w.relais("dossier", "history", story.ref, as_json=True)
                                                     if e["kind"] == "mail_stopped" and e["data"]["id"] == number]) == 2)
        w.clamd.signatures((SIGNATURE, EICAR))
        w.clamd.restart()
        w.relais("dossier", "let-go", story.ref, number, "Fausse alerte : signature retirée.")
        w.relais("dossier", "let-go", story.ref, other, "Fausse alerte : signature retirée.")
        story.arrives(PATIENT, "report", lambda m: "IHE_XDM.zip" in clients.attachments(m))
        no_task()

    def a_virus_comes_in():
        message_id = story.record(beside=[("note.txt", "text/plain", EICAR)])
        row = bad.outcome(w, message_id)
        assert (row["outcome"], row["reason"], row["antivirus"]) == ("held", "mail.virus", "found") and row["virus"].startswith(SIGNATURE), row
        _, notice = w.mailbox(HOSPITAL).wait(lambda m: m["In-Reply-To"] == message_id)
        said = notice["Subject"] + clients.text_of(notice)
        assert "malveillant" in said and SIGNATURE not in said, said
        held = next(r for r in w.relais("quarantine", "list", as_json=True) if r["message_id"] == message_id)
        refused("quarantine", "attach", held["id"], story.ref, code="mail.virus")
        assert not [d for d in shown()["documents"] if d["inbox"] == int(held["id"][1:])], "nothing of it was filed"

    def too_big_to_be_looked_into():
        """Beyond clamd's MaxFileSize, which it passes over and calls clean but for AlertExceedsMax."""
        message_id = story.record(beside=[("grand.txt", "text/plain", b"0123456789abcde\n" * (SCANNED_MB * 50000) + EICAR)])
        row = bad.outcome(w, message_id)
        assert (row["outcome"], row["reason"], row["antivirus"], row["owner"] is not None) == ("held", "antivirus.size", "size", True), row

    def too_big_to_be_scanned():
        message_id = story.record(beside=[("grand.txt", "text/plain", b"0123456789abcde\n" * (LIMIT_MB * 65536))])
        row = bad.outcome(w, message_id)
        assert (row["outcome"], row["reason"], row["owner"] is not None) == ("held", "antivirus.size", True), row

    def away():
        w.rest()                                        # a report on its way would be counted below
        w.clamd.kill()
        message_id = story.record(content=documents.made_exam("11502-2"), code="11502-2")
        alarm = wait_for("the alarm", lambda: {a["name"]: a for a in w.status()["alarms"]}.get("antivirus.away"))
        assert alarm["severity"] == "critical", alarm
        keys = opened_keys()
        time.sleep(12)
        waiting = [q for q in w.relais("queue", as_json=True) if q["id"].startswith("R")]
        assert waiting and all(q["tries"] <= 1 for q in waiting) and not bad.known(w, message_id), waiting
        assert opened_keys() - keys <= 1, "what waits is not read again and again"
        w.clamd.start()
        assert bad.outcome(w, message_id)["antivirus"] == "clean"
        wait_for("no alarm", lambda: not [a for a in w.status()["alarms"] if a["name"] == "antivirus.away"])

    def opened_keys():
        with open(os.path.join(w.dir, "journal", "keeper.jsonl"), "rb") as f:
            return f.read().count(b"\n")

    def hung():
        """A scanner that is there and says nothing is away, within seconds, whatever it is asked."""
        w.clamd.pause()
        message_id = story.record(content=documents.made_exam("11502-2"), code="11502-2")
        wait_for("the alarm", lambda: [a for a in w.status()["alarms"] if a["name"] == "antivirus.away"])
        assert not bad.known(w, message_id)
        w.clamd.go_on()
        assert bad.outcome(w, message_id)["antivirus"] == "clean"
        wait_for("no alarm", lambda: not [a for a in w.status()["alarms"] if a["name"] == "antivirus.away"])

    def silent_over_a_message():
        """That is the message's trouble perhaps: it is tried a few times, then kept apart, and nothing else waits for it."""
        w.rest()                                        # a report that meets neither scanner would raise the alarm
        w.clamd.kill()
        silent = Silent(w.clamd.socket)
        message_id = story.record(content=documents.made_exam("11502-2"), code="11502-2")
        row = bad.outcome(w, message_id)
        assert (row["outcome"], row["reason"], row["antivirus"], row["tries"]) == ("held", "antivirus.error", "error", 3) and silent.asked >= 3, (row, silent.asked)
        assert not [a for a in w.status()["alarms"] if a["name"] == "antivirus.away"]
        acts_upon_it(silent, next(r["id"] for r in w.relais("quarantine", "list", as_json=True) if r["message_id"] == message_id))
        silent.stop()
        w.clamd.start()

    def acts_upon_it(silent, held):
        """A person's act on what is held is answered while the scanner says nothing, once, and waits while it is away; other acts stand behind neither. It takes
        longer than a transaction may lie idle."""
        refused("quarantine", "attach", held, story.ref, code="antivirus.error")
        # The report on its notice comes in, is tried three times and kept apart: a worker is held up by that, too.
        wait_for("its notice's report is decided", lambda: sql(w, f"select count(*) filter (where state = 'done') > 0 and count(*) = count(*) filter (where state = 'done') from relais.inbox where id > {held[1:]}") == "t")
        silent.seconds, asked = 65, silent.asked
        attach, asker = act_aside("quarantine", "attach", held, story.ref)
        wait_for("the scanner is asked", lambda: silent.asked > asked)
        other_acts()
        wait_for("the act is answered", lambda: answer_of(attach) == "antivirus.error", 120)
        assert silent.asked == asked + 1, "once"
        # Who asked was not told to ask again.
        told = asker.communicate(timeout=10)[1]
        assert asker.returncode == 1 and "[act.under-way]" in told, told
        silent.seconds = 0
        w.set_groups({"antivirus": f'clamd = "{w.clamd.socket}.away";'})
        w.relais_stop()
        w.relais_start()
        attach, _ = act_aside("quarantine", "attach", held, story.ref)
        other_acts()
        assert answer_of(attach) is None
        w.set_groups({"antivirus": f'clamd = "{w.clamd.socket}";'})
        w.relais_stop()
        w.relais_start()
        wait_for("the act is answered", lambda: answer_of(attach) == "antivirus.error")

    def act_aside(*words):
        """Asked, and not waited for: its number, and who asks."""
        newest = lambda: int(sql(w, "select coalesce(max(id), 0) from relais.command"))
        before = newest()
        asker = subprocess.Popen([os.path.join(w.bin, "relais"), *words, "--dir", w.dir], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        wait_for("the act is asked", lambda: newest() > before)
        return newest(), asker

    def answer_of(command):
        return sql(w, f"select reason from relais.command where id = {command}") or None

    def other_acts():
        """Of another dossier, one after the other, more than there are workers: each is answered while its asker waits."""
        for _ in range(3):
            refused("dossier", "let-go", known["other"], "S999999", "vu", code="local.not-found")
    def away_and_let_through():
        w.set_groups({"antivirus": f'clamd = "{w.clamd.socket}"; when_away = "continue";'})
        w.relais_stop()
        w.clamd.kill()
        w.relais_start()
        message_id = story.record(content=documents.made_exam("11502-2"), code="11502-2")
        row = bad.outcome(w, message_id)
        assert row["antivirus"] == "away" and row["reason"] != "antivirus.away", row
        assert [a for a in w.status()["alarms"] if a["name"] == "antivirus.away"]

    def jailed():
        assert {"shield", "antivirus"} <= walls.look_at_jails(w)

    def decided_again():
        rehearse.past(w)
        rehearse.unchanged(w)

    yield "another patient's dossier is open", opened
    yield "who asks the scanner, and who searches, stand in their jails", jailed
    yield "a document that names the other patient stops the dossier for the expert", a_document_that_names_the_other
    yield "let go is who was shown: somebody else stops it again", somebody_else_is_not_let_go
    yield "a person looks and lets it go", a_person_lets_it_go
    yield "an opinion's annex with the other's number stops the report; it is dropped", an_opinion_whose_annex_has_the_others_number
    yield "a mail in which a virus is found is stopped, looked at again, and leaves when it is clean", a_corrected_opinion_leaves
    yield "a message with a virus is kept apart, unread, and its sender told", a_virus_comes_in
    yield "a message that is too big for the scanner is kept apart", too_big_to_be_scanned
    yield "and one that the scanner would pass over", too_big_to_be_looked_into
    yield "while the scanner is away mail waits, and the alarm stands", away
    yield "a scanner that hangs is away", hung
    yield "one that falls silent over a message is not: that is tried again, and kept apart", silent_over_a_message
    yield "or goes on with a mark, where that was chosen", away_and_let_through
    yield "the past decided again is the same", decided_again
    yield "reconcile", story.reconcile
