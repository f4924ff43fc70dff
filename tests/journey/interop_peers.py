"""Mail servers of others beside Postfix and Dovecot: Exim, OpenSMTPD, and smtp-server (the receiving sister of Nodemailer).

Each is unpacked from its packages into a tree of its own and run with a mount namespace in which /usr, /etc and a few folders
are its own; what the machine has is not touched. Exim and the scripts of Nodemailer run the very files of docs/examples."""
import glob
import json
import os
import re
import shutil
import smtplib
import subprocess
import time

import clients
from correspondents import FAMILIES, USERS, free_port, unpack, wait_port

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
EXAMPLES = os.path.join(ROOT, "docs/examples")
EXIM, SMTPD, SMTPQ = 61321, 61322, 61323
ACCOUNTS = dict(USERS, **{"Debian-exim": EXIM, "opensmtpd": SMTPD, "opensmtpq": SMTPQ, "nsd": 61324})
NPM_TRIES = 3
NODE_PACKAGES = {"nodemailer": "7.0.3", "smtp-server": "3.14.0"}

CONTAIN = """set -e; d=$1; r=$2; shift 2
mount -t tmpfs none /mnt; mkdir /mnt/usr /mnt/etc
mount -t overlay -o ro,lowerdir="$r/usr":/usr none /mnt/usr
mount -t overlay -o ro,lowerdir="$d/etc":/etc none /mnt/etc
mount --rbind /mnt/usr /usr; mount --rbind /mnt/etc /etc
for f in run var/spool var/lib var/mail; do if [ -d "$d/bind/$f" ]; then mount --bind "$d/bind/$f" "/$f"; fi; done
exec "$@"
"""


def version_of(root, package):
    """As its changelog says."""
    path = os.path.join(root, "usr/share/doc", package, "changelog.Debian.gz")
    line = subprocess.run(["sh", "-c", f"zcat '{path}' | head -n 1"], capture_output=True, text=True).stdout
    match = re.search(r"\(([^)]*)\)", line)
    return match.group(1) if match else "?"


def crlf(raw):
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


class Contained:
    """A server in a mount namespace of its own, a direct child of ours."""

    def __init__(self, folder, root, enter=()):
        self.folder, self.root, self.enter = folder, root, list(enter)
        self.process = None
        os.makedirs(os.path.join(folder, "etc"), exist_ok=True)
        os.chmod(folder, 0o755)
        self.write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n" +
                   "".join(f"{name}:x:{uid}:{uid}::/nonexistent:/usr/sbin/nologin\n" for name, uid in ACCOUNTS.items()))
        self.write("etc/group", "root:x:0:\nnogroup:x:65534:\n" + "".join(f"{name}:x:{uid}:\n" for name, uid in ACCOUNTS.items()))

    def write(self, path, text, mode=0o644):
        path = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def make(self, path, owner=0, mode=0o755):
        path = os.path.join(self.folder, path)
        os.makedirs(path, exist_ok=True)
        os.chown(path, owner, owner)
        os.chmod(path, mode)
        return path

    def command(self, *words):
        return self.enter + ["unshare", "-m", "--propagation", "private", "sh", "-c", CONTAIN, "contain", self.folder, self.root, *words]

    def run(self, *words):
        with open(os.path.join(self.folder, "out"), "ab") as out:
            self.process = subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def said(self):
        with open(os.path.join(self.folder, "out"), errors="replace") as f:
            return f.read()

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


class Missing(Exception):
    """What the peer needs could not be had; the text says what."""


class Peer:
    """A mail server of another operator. submit() is its own user's software, received() reads that user's mailbox."""
    kind, missing, box = "?", None, None

    def __init__(self, world, name, hostname, domain, users):
        self.w, self.name, self.hostname, self.domain, self.users = world, name, hostname, domain, users
        self.folder = os.path.join(world.folder, name)
        self.certificate, self.key = world.issue(name, "tls-both", cn=hostname, dns=hostname)
        self.outside, self.inside = free_port(), free_port()

    def address(self):
        return f"{self.users[0]}@{self.domain}"

    def addresses(self):
        return [self.address()]

    def domains(self):
        return [address.split("@")[1] for address in self.addresses()]

    def submit(self, sender, recipient, message):
        return clients.send(self.inside, self.w.anchors, sender, [recipient], message)

    def maildirs(self):
        return os.path.join(self.folder, "mail")

    def stop(self):
        if self.box:
            self.box.stop()

    def received(self, address):
        return [crlf(open(path, "rb").read()) for path in sorted(glob.glob(os.path.join(self.maildirs(), address, "new", "*")))]


class Exim(Peer):
    kind = "Exim"

    def start(self):
        self.root = unpack(os.path.join(self.w.cache, "exim"), FAMILIES["exim"])
        self.box = box = Contained(self.folder, self.root)
        box.make("mail", USERS["mailstore"])
        spool, logs = box.make("spool", EXIM, 0o750), box.make("log", EXIM, 0o750)
        key = shutil.copy(self.key, os.path.join(self.folder, "operateur.key"))      # read by the daemon's own user
        os.chown(key, EXIM, EXIM)
        program = shutil.copy(os.path.join(self.root, "usr/sbin/exim4"), os.path.join(box.make("bin"), "exim4"))
        os.chmod(program, 0o4755)                       # it must be root's own, whoever unpacked the packages
        box.write("etc/hosts", f"127.0.0.1 localhost {self.w.hostname}\n")
        values = {"OUR_NAME": self.hostname, "OUR_DOMAIN": self.domain, "OUR_USERS": " : ".join(self.users), "CERTIFICATE": self.certificate,
                  "KEY": key, "ANCHORS": self.w.anchors, "OUTSIDE": self.outside, "INSIDE": self.inside,
                  "MAILDIRS": self.maildirs(), "MAIL_USER": "mailstore", "STATIC_ROUTE": f"{self.w.hostname}::{self.w.port}"}
        shutil.copy(os.path.join(EXAMPLES, "exim4.conf"), os.path.join(self.folder, "etc/exim4-relais.conf"))
        box.write("etc/exim4/exim4.conf", "".join(f"{k} = {v}\n" for k, v in values.items()) +
                  f"spool_directory = {spool}\nlog_file_path = {logs}/%slog\nexim_path = {program}\npid_file_path = {self.folder}/pid\n"
                  "local_interfaces = 127.0.0.1\nkeep_environment =\nqueue_run_in_order\n.include /etc/exim4-relais.conf\n")
        box.run(program, "-bdf", "-q2s")
        wait_port(self.outside)
        wait_port(self.inside)

    def version(self):
        return version_of(self.root, "exim4-daemon-heavy")

    def log(self):
        text = ""
        for path in glob.glob(os.path.join(self.folder, "log", "*log")):
            with open(path, errors="replace") as f:
                text += f.read()
        return text


class OpenSmtpd(Peer):
    """A hospital's own server behind its operator's Postfix: Debian 12's OpenSMTPD can use no private key (OpenSSL 3), so it can neither
    serve TLS nor show a certificate."""
    kind = "OpenSMTPD"

    def start(self):
        self.root = unpack(os.path.join(self.w.cache, "opensmtpd"), FAMILIES["opensmtpd"])
        self.plain, self.own = free_port(), free_port()
        self.direct, self.broken = free_port(), free_port()      # straight to Relais; with TLS, which it cannot serve
        self.box = box = Contained(self.folder, self.root)
        for path in ("bind/run", "bind/var/lib/opensmtpd/empty"):
            box.make(path)
        box.make("bind/var/spool/smtpd", 0, 0o711)
        box.make("bind/var/mail", USERS["mailstore"])
        box.write("etc/hosts", f"127.0.0.1 localhost {self.w.hostname} {self.hostname}\n")
        box.write("etc/mailname", self.hostname + "\n")
        box.write("etc/smtpd/boxes", "".join(f"{user}@{self.domain} mailstore\n" for user in self.users))
        with open(self.w.anchors) as f:                 # the authorities of those it calls are looked for here and nowhere else
            box.write("etc/ssl/certs/ca-certificates.crt", f.read())
        example = shutil.copy(os.path.join(EXAMPLES, "smtpd.conf"), os.path.join(self.folder, "example.conf"))
        path = box.write("smtpd.conf", f"""include "{example}"
pki own cert "{self.certificate}"
pki own key "{self.key}"
listen on 127.0.0.1 port {self.broken} tls-require pki own tag broken
match tag broken from any for domain "{self.domain}" action "mailboxes"
listen on 127.0.0.1 port {self.direct} tag direct
action "direct" relay host "smtp+tls://{self.w.hostname}:{self.w.port}" helo {self.hostname}
match tag direct from any for any action "direct"
""")
        values = {"our_name": self.hostname, "our_domain": self.domain, "outside": self.plain, "inside": self.own,
                  "operator": f"smtp+tls://{self.hostname}:{self.inside}"}
        self.w.correspondents.start_postfix(f"{self.name}-operateur", self.hostname, {}, self.certificate, self.key,
                                            [(self.w.domain, self.w.hostname, self.w.port), (self.domain, None, self.plain)],
                                            (self.outside, self.inside), f"relay_domains = {self.domain}\n")
        box.run("/usr/sbin/smtpd", "-dv", "-f", path, *[w for k, v in values.items() for w in ("-D", f"{k}={v}")])
        wait_port(self.plain)
        wait_port(self.own)

    def direct_address(self):
        """A mailbox of its own domain to which there is no way but its listener with TLS."""
        return f"{self.users[0]}@direct.{self.domain}"

    def addresses(self):
        return [self.address(), self.direct_address()]

    def submit(self, sender, recipient, message, port=None):
        with smtplib.SMTP("127.0.0.1", port or self.own, timeout=30) as s:
            s.sendmail(sender, [recipient], message)

    def maildirs(self):
        return os.path.join(self.folder, "bind/var/mail")

    def version(self):
        return version_of(self.root, "opensmtpd")

    def log(self):
        return self.box.said()


class Node(Peer):
    """Nodemailer sends, smtp-server receives."""
    kind, process = "Nodemailer", None

    def start(self):
        self.modules = node_modules(os.path.join(self.w.cache, "node"))
        os.makedirs(self.maildirs())
        settings = {"host": "127.0.0.1", "port": self.outside, "name": self.hostname, "domain": self.domain, "users": self.users,
                    "certificate": self.certificate, "key": self.key, "anchors": self.w.anchors, "folder": self.maildirs()}
        self.out = open(os.path.join(self.folder, "out"), "ab")
        self.process = subprocess.Popen(["node", os.path.join(EXAMPLES, "smtp-server.js"), self._file("settings.json", settings)],
                                        env=self._env(), stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.out)
        wait_port(self.outside)

    def _env(self):
        return dict(os.environ, NODE_PATH=self.modules)

    def _file(self, name, value):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f:
            f.write(value if isinstance(value, bytes) else json.dumps(value).encode())
        return path

    def submit(self, sender, recipient, message):
        server = {"host": "127.0.0.1", "port": self.w.port, "name": self.w.hostname, "own": self.hostname, "certificate": self.certificate,
                  "key": self.key, "anchors": self.w.anchors}
        done = subprocess.run(["node", os.path.join(EXAMPLES, "nodemailer-send.js"), self._file("server.json", server),
                               self._file("envelope.json", {"from": sender, "to": [recipient]}), self._file("message.eml", message)],
                              env=self._env(), capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"nodemailer: {done.stdout}{done.stderr}")

    def version(self):
        return ", ".join(f"{k} {v}" for k, v in NODE_PACKAGES.items()) + ", node " + \
            subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()

    def log(self):
        with open(os.path.join(self.folder, "out"), errors="replace") as f:
            return f.read()

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.out.close()
            self.process = None


def node_modules(cache):
    """The pinned packages, without the scripts they might bring; gives the folder that NODE_PATH names."""
    def there():
        for package, version in NODE_PACKAGES.items():
            path = os.path.join(cache, "node_modules", package, "package.json")
            if not os.path.exists(path) or json.load(open(path))["version"] != version:
                return False
        return True
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise Missing(f"{program} is not installed: Nodemailer cannot be tried (tests/packages.sh test installs it)")
    os.makedirs(cache, exist_ok=True)
    # The machine's own authorities beside those that node brings: between us and the registry there may be a gate of the house.
    trust = dict({"NODE_EXTRA_CA_CERTS": "/etc/ssl/certs/ca-certificates.crt"}, **os.environ)
    for attempt in range(NPM_TRIES):
        if there():
            break
        time.sleep(5 * attempt)
        done = subprocess.run(["npm", "install", "--prefix", cache, "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--no-save",
                               *[f"{k}@{v}" for k, v in NODE_PACKAGES.items()]], capture_output=True, text=True, timeout=120, env=trust)
    if not there():
        raise Missing("npm could not install Nodemailer: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1])
    return os.path.join(cache, "node_modules")
