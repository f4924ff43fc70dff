"""The people around an instance in a drill: an expert who takes what is offered and gives an opinion, and a nurse who checks and releases. They act
on what arrives and on what the database shows, once for each mail, however often it came."""
import email
import email.policy
import queue
import subprocess
import threading
import time

import peers

EXPERT = "pr.moreau@experts.mssante.fr"
OPINION = {
    "Réponse aux questions": "1. Oui.\n2. Non, cela n'apporterait rien ici.",
    "Avis motivé": "Exercice : au vu des documents, la conduite proposée est confirmée.",
    "Convergence (oui / partielle / non)": "oui",
    "Conduite à tenir et délai": "Consultation dans les trois semaines.",
    "Certitude et limites": "Exercice : bonne certitude.",
    "Résumé pour le patient": "Exercice : parlez-en avec votre médecin dans les trois semaines.",
    "Aide utilisée": "Aucune.",
    "Liens d'intérêts": "Aucun.",
}
NURSE = {"triage": "triage", "checked": "release"}      # state of a dossier: what she does


def encrypted(body, certificate):
    """The entity for one certificate, AES-256-GCM."""
    der = subprocess.run(["openssl", "cms", "-encrypt", "-binary", "-outform", "DER", "-aes-256-gcm", "-recip", certificate], input=body, check=True,
                         capture_output=True).stdout
    return (b'Content-Type: application/pkcs7-mime; smime-type=authEnveloped-data; name="smime.p7m"\r\nContent-Transfer-Encoding: base64\r\n'
            b'Content-Disposition: attachment; filename="smime.p7m"\r\n\r\n' + peers.base64_lines(der))


class People:
    def __init__(self, rig):
        self.rig, self.stopping, self.seen, self.mails = rig, False, set(), queue.Queue()
        self.database = rig.connection()
        rig.sink.hear = self.mails.put
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self._expert, self._nurse)]
        for thread in self.threads:
            thread.start()

    def idle(self):
        return self.mails.unfinished_tasks == 0

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join(20)
        self.database.close()

    def _expert(self):
        while not self.stopping:
            try:
                mail = email.message_from_bytes(self.mails.get(timeout=0.2), policy=email.policy.default)
            except queue.Empty:
                continue
            if EXPERT in (mail["To"] or "") and mail["Message-ID"] not in self.seen:
                self.seen.add(mail["Message-ID"])
                self._answer(mail)
            self.mails.task_done()

    def _answer(self, mail):
        subject = mail["Subject"] or ""
        if subject.startswith("Avis demandé avant"):
            kind, body = "acceptance", peers.entity("ACCEPTE\n\nBien cordialement")
        elif subject.startswith("XDM/1.0/DDM+"):
            text = f"Référence : {self._reference(mail['Message-ID'])}\n\n" + "\n".join(f"{heading} :\n{words}\n" for heading, words in OPINION.items())
            kind, body = "opinion", peers.signed(peers.entity(text), *self.rig.expert)
        else:
            return
        self.rig.put(peers.Message(kind, EXPERT, mail["Reply-To"].addresses[0].addr_spec, "Re: " + subject, body, mail["Message-ID"]))

    def _reference(self, message_id):
        """It stands in the dossier's PDF, which he has before him."""
        while not self.stopping:
            found = self.database.ask(f"select d.ref from relais.outbox o join relais.dossier d on d.id = o.dossier where o.message_id = '{message_id}'")
            if found:
                return found
            time.sleep(0.1)
        return ""

    def _nurse(self):
        database = self.rig.connection()
        while not self.stopping:
            line = database.ask("select coalesce(string_agg(ref || ' ' || state, ','), '') from relais.dossier where state in ('triage', 'checked')")
            for ref, state in (row.split() for row in (line or "").split(",") if row):
                # What she asked and nobody heard, for a process died, she asks again: the state says so.
                self.rig.relais("dossier", NURSE[state], ref, check=False)
            time.sleep(0.2)
        database.close()
