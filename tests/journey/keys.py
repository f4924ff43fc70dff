"""The seal's key in a token (SoftHSM), and a rollover to another seal in the middle of a dossier."""
import contextlib
import datetime
import os
import subprocess
import time

import clients
from database import rows, sql
from world import ATTENDING, DOMAIN, EXPERT, PATIENT, wait_for

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "7318264"
URI = "pkcs11:token=avis;object=seal;type=private"
AHEAD = 30                                              # seconds until the next seal's first


def softhsm(world, folder, owner):
    """A token that holds the seal's key, whose file is gone; folder and PIN are the signer's user's."""
    tokens, conf = os.path.join(folder, "tokens"), os.path.join(world.folder, "softhsm.conf")
    os.makedirs(tokens)
    with open(conf, "w") as f:
        f.write(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.chmod(conf, 0o644)
    os.environ["SOFTHSM2_CONF"] = conf                  # passes through relais start to the processes
    key, pkcs8 = os.path.join(world.pki, "relais-seal.key"), os.path.join(folder, "p8")
    for command in (["softhsm2-util", "--init-token", "--free", "--label", "avis", "--so-pin", "99999999", "--pin", PIN],
                    ["openssl", "pkcs8", "-topk8", "-nocrypt", "-in", key, "-out", pkcs8],
                    ["softhsm2-util", "--import", pkcs8, "--token", "avis", "--label", "seal", "--id", "01", "--pin", PIN]):
        subprocess.run(command, check=True, capture_output=True)
    os.remove(pkcs8)
    os.remove(key)
    subprocess.run(["chown", "-R", f"{owner.st_uid}:{owner.st_gid}", folder], check=True)
    return tokens


def logged(world, event):
    with open(os.path.join(world.dir, "log", "relais.log")) as f:
        return [line for line in f if f'"{event}"' in line]


def cases(world, story):
    w, was = world, {}

    def restart(body):
        w.relais_stop()
        w.set_groups({"signer": f'mailbox = "avis@{DOMAIN}"; ' + body})
        w.relais_start()

    def by_token():
        owner = os.stat(os.path.join(w.pki, "relais-seal.key"))
        w.relais_stop()
        folder = os.path.join(w.dir, "token")
        os.makedirs(folder, mode=0o711)
        tokens = softhsm(w, folder, owner)
        pin = os.path.join(w.dir, "pin")
        with open(pin, "w") as f:
            f.write(PIN + "\n")
        os.chmod(pin, 0o400)
        os.chown(pin, owner.st_uid, owner.st_gid)
        was["token"] = f'key = "{URI}"; pkcs11_module = "{MODULE}"; pin_file = "pin"; token_folder = "{tokens}"; '
        w.set_groups({"signer": f'mailbox = "avis@{DOMAIN}"; ' + was["token"]})
        w.relais_start()
        story.ask()
        raw = next(raw for raw in w.mailbox(PATIENT).all())
        assert clients.verify_seal(raw, w.mail_anchors, w.folder) and not clients.verify_seal(raw, w.mail_anchors, w.folder, alter=True)

    def pin_is_nowhere():
        for folder, _, names in os.walk(os.path.join(w.dir, "log")):
            for name in names:
                with open(os.path.join(folder, name), "rb") as f:
                    assert PIN.encode() not in f.read(), name
        for process in os.listdir("/proc"):
            for file in ("cmdline", "environ"):
                try:
                    with open(f"/proc/{process}/{file}", "rb") as f:
                        text = f.read()
                except OSError:
                    continue
                assert b"relais-signer" not in text or PIN.encode() not in text

    def pin_refused():
        """A URI with a PIN in it does not pass `config check`."""
        path = os.path.join(w.folder, "with-pin.conf")
        with open(os.path.join(w.dir, "relais.conf")) as f:
            text = f.read()
        with open(path, "w") as f:
            f.write(text.replace(URI, URI + "?pin-value=1234"))
        done = subprocess.run([os.path.join(w.bin, "relais"), "config", "check", path], capture_output=True, text=True)
        assert done.returncode not in (0, 2) and "signer.key" in done.stdout + done.stderr and "pin-value" not in done.stdout + done.stderr, done

    def rollover():
        """The next seal waits beside the old one; the dossier goes on while its first second passes."""
        first = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=AHEAD)
        certificate, key = w.issue("seal-next", "seal", cn="Sceau suivant", email=f"avis@{DOMAIN}", start=first.strftime("%Y%m%d%H%M%SZ"),
                                   end=(first + datetime.timedelta(days=3000)).strftime("%Y%m%d%H%M%SZ"))
        owner = os.stat(os.path.join(w.dir, "pin"))
        os.chmod(key, 0o400)
        os.chown(key, owner.st_uid, owner.st_gid)
        restart(was["token"] + 'certificate_next = "pki/seal-next.pem"; key_next = "pki/seal-next.key"; ')
        was["first"], was["old"], was["new"] = first, w.fingerprint(os.path.join(w.pki, "relais-seal.pem")), w.fingerprint(certificate)
        story.complete()
        story.triage()
        early = sql(w, f"select count(*) from relais.sign_journal j join relais.outbox o on o.id = j.outbox where j.fingerprint <> '' and j.fingerprint <> '{was['old']}' "
                       f"and o.sealed_at < '{first.replace(microsecond=0).isoformat()}'")
        assert early == "0", "the next seal is used before its day"
        listed = rows_of(w)
        assert set(listed) == {"relais-seal.pem", "seal-next.pem"}, listed
        assert listed["seal-next.pem"]["troubles"] in ([], ["next"]) and all(row["not_after"] for row in listed.values()), listed
        time.sleep(max(0, (first - datetime.datetime.now(datetime.timezone.utc)).total_seconds()) + 1)
        story.accept()
        for step in ("annex", "opinion", "release", "proofs", "exchange"):
            getattr(story, step)()

    def both():
        used = rows(w, "select fingerprint, count(*) as n, min(outbox) as first from relais.sign_journal where fingerprint <> '' group by 1 order by 3")
        assert [r["fingerprint"] for r in used] == [was["old"], was["new"]] and all(int(r["n"]) >= 3 for r in used), used
        assert logged(w, "seal-chosen"), "the change is in the log"
        sealed = [raw for box in (PATIENT, EXPERT, ATTENDING) for raw in w.mailbox(box).all() if b"multipart/signed" in raw and f"avis@{DOMAIN}".encode() in raw]
        assert len(sealed) >= 8, len(sealed)
        for raw in sealed:
            assert clients.verify_seal(raw, w.mail_anchors, w.folder), "every mail verifies, on both sides of the rollover"
        listed = rows_of(w)
        assert listed["relais-seal.pem"]["troubles"] == ["overtaken"] and listed["seal-next.pem"]["troubles"] == [], listed
        assert not [a for a in w.relais("alarms", as_json=True, check=False) or [] if a["name"].startswith("certificate.")], "an end that was prepared raises nothing"

    def other_mailbox():
        """A next seal of another mailbox stops the signer by name; mail waits and leaves once it is mended."""
        certificate, key = w.issue("seal-other", "seal", cn="Un autre", email=f"autre@{DOMAIN}")
        owner = os.stat(os.path.join(w.dir, "pin"))
        os.chown(key, owner.st_uid, owner.st_gid)
        with contextlib.suppress(RuntimeError):         # relais start sees the signer running still, or refused already
            restart(was["token"] + 'certificate_next = "pki/seal-other.pem"; key_next = "pki/seal-other.key"; ')
        w.started = True
        wait_for("seal-refused", lambda: any("another mailbox" in line for line in logged(w, "seal-refused")))
        restart('certificate = "pki/seal-next.pem"; key = "pki/seal-next.key"; ')
        story.revision()

    return [("the seal's key in a token, inside the jail", by_token), ("the PIN stands in no log, no process's words", pin_is_nowhere),
            ("a PIN in the URI is refused", pin_refused), ("a rollover in the middle of a dossier", rollover),
            ("both seals are told, each mail verifies, no alarm", both), ("a next seal of another mailbox is refused", other_mailbox),
            ("reconcile", story.reconcile)]


def rows_of(world):
    return {row["file"].rsplit("/", 1)[1]: row for row in world.relais("certificate", "list", as_json=True, check=False) if row["kind"] == "seal"}
