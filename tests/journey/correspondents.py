"""The other side: real Postfix and Dovecot, unpacked privately and run in mount namespaces of their own.

Two operators (Postfix, which delivers into maildirs), and Dovecot before these for IMAPS. Nothing of the machine's own
mail is touched: the packages are unpacked, never installed; each server sees /usr through a read-only
overlay with its own passwd and group bound over. Needs root. Loopback only.
"""
import fcntl
import glob
import os
import re
import shutil
import socket
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
from ports import free_port        # noqa: E402, F401

PACKAGES = ["postfix", "dovecot-core", "dovecot-imapd", "dovecot-lmtpd", "libexttextcat-2.0-0", "liblua5.4-0", "libwrap0",
            "libstemmer0d", "libnsl2", "libsodium23", "libtirpc3", "libtirpc-common", "libapparmor1", "libunwind8", "libdb5.3",
            "libicu72", "libsasl2-2", "libsasl2-modules-db", "liblzma5", "libpam0g"]
# Other peers: each family has a tree of its own, because their packages exclude each other.
FAMILIES = {
    "exim": ["exim4-daemon-heavy", "exim4-base", "libgnutls-dane0", "libgnutls30", "libunbound8", "libhogweed6", "libnettle8", "libevent-2.1-7",
             "libmariadb3", "libspf2-2", "libnsl2", "libtirpc3", "libdb5.3", "libidn12", "libidn2-0", "libldap-2.5-0", "libsasl2-2", "libpam0g",
             "libpcre2-8-0", "libperl5.36", "libgdbm6", "libgdbm-compat4", "libpq5", "libsqlite3-0", "libp11-kit0", "libtasn1-6", "libunistring2"],
    "opensmtpd": ["opensmtpd", "libdb5.3", "libevent-2.1-7", "libpam0g"],
    "clamav": ["clamav-daemon", "libclamav12", "libmspack0", "libjson-c5", "libncurses6", "libtinfo6"],
    "dns": ["nsd", "libevent-2.1-7", "libfstrm0", "libprotobuf-c1"],
    "nft": ["nftables", "libnftables1", "libnftnl11", "libmnl0", "libedit2", "libbsd0", "libmd0", "libxtables12", "libjansson4", "libtinfo6", "libgmp10"],
    # its tools alone, for tests/units.py: nothing of it is installed or started
    "systemd": ["systemd", "libsystemd-shared", "libsystemd0", "libkmod2", "libapparmor1", "libip4tc2", "libcap2", "libcap-ng0", "libaudit1", "libpam0g",
                "libcryptsetup12", "libfdisk1", "libargon2-1", "libdevmapper1.02.1", "libjson-c5", "libp11-kit0", "libffi8", "libgcrypt20", "libgpg-error0", "libacl1",
                "libseccomp2", "liblz4-1", "libselinux1", "libpcre2-8-0", "libmount1", "libblkid1", "liblzma5", "libzstd1", "libcrypt1"],
}
USERS = {"postfix": 61301, "dovecot": 61302, "dovenull": 61303, "mailstore": 61304}
POSTDROP = 61311
MAIL_PASSWORD = "lecture-seule"


def unpack(cache, packages=PACKAGES):
    """Downloads and unpacks the packages into cache/root; quick when these same packages were unpacked before."""
    root, done = os.path.join(cache, "root"), os.path.join(cache, "done")
    os.makedirs(os.path.dirname(cache), exist_ok=True)
    with open(cache + ".lock", "w") as lock:            # suites run side by side: one unpacks, the others wait for it
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not unpacked(done, packages):
            unpack_anew(cache, root, done, packages)
    return root


def unpacked(done, packages):
    if not os.path.exists(done):
        return False
    with open(done) as f:
        return f.read() == " ".join(packages)


def unpack_anew(cache, root, done, packages):
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root)
    os.chmod(cache, 0o755)
    download = ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root"] + list(packages)
    if subprocess.run(download, cwd=cache, capture_output=True).returncode != 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True, capture_output=True)   # the lists are old, or were never fetched
        subprocess.run(download, cwd=cache, check=True)
    for package in glob.glob(os.path.join(cache, "*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, root], check=True)
        os.unlink(package)
    if os.path.isdir(os.path.join(root, "lib")):        # the machine's /lib is /usr/lib
        shutil.copytree(os.path.join(root, "lib"), os.path.join(root, "usr/lib"), symlinks=True, dirs_exist_ok=True)
    with open(done, "w") as f:
        f.write(" ".join(packages))
    if os.environ.get("SUDO_UID"):                      # who built the rest may remove it, too
        subprocess.run(["chown", "-R", f"{os.environ['SUDO_UID']}:{os.environ['SUDO_GID']}", cache], check=True)


def wait_port(port, seconds=60, host="127.0.0.1"):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection((host, port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"nothing listens on port {port}")


class Correspondents:
    """operators: {name: {"hostname", "domains": {domain: [local…]}, "certificate", "key"}}; files are PEM paths."""

    def __init__(self, folder, cache, anchors):
        self.folder, self.anchors = folder, anchors
        self.root = unpack(cache)
        self.processes = {}
        self.imap_port = free_port()
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o755)
        shutil.copytree(os.path.join(self.root, "etc/postfix"), os.path.join(folder, "postfix"), dirs_exist_ok=True)
        self._accounts()

    def _accounts(self):
        with open(os.path.join(self.folder, "passwd"), "w") as f:
            f.write("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n")
            for name, uid in USERS.items():
                f.write(f"{name}:x:{uid}:{uid}::/nonexistent:/usr/sbin/nologin\n")
        with open(os.path.join(self.folder, "group"), "w") as f:
            f.write(f"root:x:0:\nnogroup:x:65534:\npostdrop:x:{POSTDROP}:\n")
            for name, uid in USERS.items():
                f.write(f"{name}:x:{uid}:\n")

    def _run(self, name, command, log, enter=()):
        script = ('set -e; d=$1; r=$2; shift 2; '
                  'mount -t tmpfs none /mnt; mkdir /mnt/usr; '
                  'mount -t overlay -o ro,lowerdir="$r/usr":/usr none /mnt/usr; mount --rbind /mnt/usr /usr; '
                  'if [ -d "$d/etc" ]; then mkdir /mnt/etc; mount -t overlay -o ro,lowerdir="$d/etc":/etc none /mnt/etc; mount --rbind /mnt/etc /etc; fi; '
                  'mount --bind "$d/passwd" /etc/passwd; mount --bind "$d/group" /etc/group; exec "$@"')
        out = open(log, "ab")
        self.processes[name] = subprocess.Popen(
            [*enter, "unshare", "-m", "--propagation", "private", "sh", "-c", script, name, self.folder, self.root] + command,
            stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        out.close()

    # ------------------------------------------------------------------ Dovecot

    def start_dovecot(self, certificate, key):
        d = os.path.join(self.folder, "dovecot")
        for sub in ("run", "mail", "state"):
            os.makedirs(os.path.join(d, sub), exist_ok=True)
        os.chown(os.path.join(d, "mail"), USERS["mailstore"], USERS["mailstore"])
        for path in (d, os.path.join(d, "mail")):
            os.chmod(path, 0o755)
        self._clear(os.path.join(d, "conf"), f"""base_dir = {d}/run
state_dir = {d}/state
log_path = {d}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
ssl_min_protocol = TLSv1.2
mail_location = maildir:{d}/mail/%u
mail_uid = mailstore
mail_gid = mailstore
first_valid_uid = 1
first_valid_gid = 1
auth_mechanisms = plain
passdb {{
  driver = static
  args = password={MAIL_PASSWORD}
}}
userdb {{
  driver = static
  args = uid=mailstore gid=mailstore home={d}/mail/%u allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {self.imap_port}
  }}
}}
service anvil {{
  chroot =
}}
""")
        self._run("dovecot", ["/usr/sbin/dovecot", "-F", "-c", os.path.join(d, "conf")], os.path.join(d, "out"))
        wait_port(self.imap_port)

    # ------------------------------------------------------------------ Postfix

    @staticmethod
    def _clear(path, text):
        with open(path, "w") as f:
            f.write(text)

    def start_postfix(self, name, hostname, domains, certificate, key, routes, ports, main=""):
        """routes: [(domain, host name in its certificate or None: in clear, port)]; ports: (for other operators, for its own users);
        main: more lines for main.cf."""
        outside, inside = ports
        cfg = os.path.join(self.folder, name, "config")
        os.makedirs(cfg, exist_ok=True)
        self._clear(os.path.join(cfg, "transport"), "".join(f"{domain} smtp:[127.0.0.1]:{port}\n" for domain, _, port in routes))
        policy = {f"[127.0.0.1]:{port} " + (f"verify match={host}\n" if host else "none\n") for _, host, port in routes}
        self._clear(os.path.join(cfg, "policy"), "".join(sorted(policy)))
        self.run_postfix(name, domains, f"""myhostname = {hostname}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_host_lookup = native
smtp_dns_support_level = disabled
message_size_limit = 52428800
virtual_mailbox_domains = {" ".join(domains)}
transport_maps = texthash:{cfg}/transport
smtp_tls_policy_maps = texthash:{cfg}/policy
smtp_tls_security_level = encrypt
smtp_tls_CAfile = {self.anchors}
smtp_tls_cert_file = {certificate}
smtp_tls_key_file = {key}
smtp_tls_mandatory_protocols = >=TLSv1.2
smtpd_tls_security_level = encrypt
smtpd_tls_CAfile = {self.anchors}
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_received_header = yes
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = reject_unlisted_recipient, permit_tls_all_clientcerts, reject
{main}""", f"127.0.0.1:{outside}", f"127.0.0.1:{inside}")
        wait_port(outside)
        wait_port(inside)

    def run_postfix(self, name, domains, main, outside, inside, enter=()):
        """Its folders, users and mailboxes; what it does with other operators, and its names, is in main. outside, inside: "host:port"."""
        d = os.path.join(self.folder, name)
        cfg, queue, data = (os.path.join(d, sub) for sub in ("config", "queue", "data"))
        for path in (cfg, queue, data):
            os.makedirs(path, exist_ok=True)
            os.chmod(path, 0o755)
        os.chmod(d, 0o755)
        self._queue(queue)
        os.chown(data, USERS["postfix"], USERS["postfix"])
        self._clear(os.path.join(cfg, "mailboxes"),
                    "".join(f"{local}@{domain} {local}@{domain}/\n" for domain, locals_ in domains.items() for local in locals_))
        self._clear(os.path.join(cfg, "main.cf"), f"""compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
meta_directory = {self.folder}/postfix
mail_owner = postfix
setgid_group = postdrop
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
biff = no
smtpd_peername_lookup = no
maillog_file = {d}/maillog
maillog_file_prefixes = {d}
virtual_mailbox_maps = texthash:{cfg}/mailboxes
virtual_transport = virtual
virtual_mailbox_base = {self.folder}/dovecot/mail
virtual_mailbox_limit = 0
virtual_minimum_uid = 1000
virtual_uid_maps = static:{USERS['mailstore']}
virtual_gid_maps = static:{USERS['mailstore']}
smtpd_tls_loglevel = 1
smtpd_client_connection_count_limit = 0
smtpd_client_restrictions =
minimal_backoff_time = 2s
maximal_backoff_time = 5s
queue_run_delay = 2s
in_flow_delay = 0
{main}""")
        self._clear(os.path.join(cfg, "master.cf"), f"""{outside} inet n - n - - smtpd
  -o smtpd_tls_req_ccert=yes
{inside} inet n - n - - smtpd
  -o smtpd_relay_restrictions=permit_mynetworks,reject
  -o smtpd_recipient_restrictions=permit_mynetworks,reject
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
virtual   unix  - n n - - virtual
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
""")
        for path in ("main.cf", "master.cf"):
            os.chmod(os.path.join(cfg, path), 0o644)
        self._run(name, ["env", f"MAIL_CONFIG={cfg}", "/usr/lib/postfix/sbin/master", "-s", "-c", cfg], os.path.join(d, "out"), enter)

    @staticmethod
    def _queue(queue):
        for sub in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"):
            path = os.path.join(queue, sub)
            os.makedirs(path, exist_ok=True)
            os.chmod(path, 0o700)
            os.chown(path, USERS["postfix"], 0)
        for sub, mode in (("maildrop", 0o730), ("public", 0o710)):
            path = os.path.join(queue, sub)
            os.makedirs(path, exist_ok=True)
            os.chmod(path, mode)
            os.chown(path, USERS["postfix"], POSTDROP)
        os.makedirs(os.path.join(queue, "pid"), exist_ok=True)

    def log_of(self, name):
        try:
            with open(os.path.join(self.folder, name, "maillog"), errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def stop_one(self, name):
        process = self.processes.pop(name)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self):
        for name in list(self.processes):
            self.stop_one(name)


def versions(root):
    """What the correspondents are, for the record."""
    found = []
    for status in sorted(glob.glob(os.path.join(root, "usr/share/doc/*/changelog.Debian.gz"))):
        name = status.split("/")[-2]
        if name in ("postfix", "dovecot-core"):
            line = subprocess.run(["sh", "-c", f"zcat '{status}' | head -n 1"], capture_output=True, text=True).stdout
            match = re.search(r"\(([^)]*)\)", line)
            found.append(f"{name} {match.group(1)}" if match else name)
    return ", ".join(found)
