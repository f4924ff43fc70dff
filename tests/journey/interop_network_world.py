"""The world as a network: NSD, the Postfix of two operators and Relais as hosts in namespaces (network.py), each server on port 25."""
import glob
import os

import documents
import clients
from clients import Mailbox
from correspondents import FAMILIES, Correspondents, unpack, wait_port
from interop_peers import EXAMPLES, Contained, crlf, version_of
from network import Network
from story import Story
from world import EXPERT, HOSPITAL, PLATFORM, World

HOSTS = {"dns": [53], "relais": [10], "a": [20], "b": [30, 31]}
NO_MAIL, UNKNOWN, NO_MX = "accueil@sans-courrier.mssante.fr", "accueil@inconnu.mssante.fr", "accueil@sans-mx.mssante.fr"
LATER = "accueil@attente.mssante.fr"
OPERATORS = {
    "operateur-a": ("mx.operateur-a.mssante.fr", {"chu-exemple.mssante.fr": ["pfi"], "plateforme.mssante.fr": ["demandes"],
                                                  "sans-mx.mssante.fr": ["accueil"],
                                                  "sans-courrier.mssante.fr": ["accueil"], "inconnu.mssante.fr": ["accueil"], "attente.mssante.fr": ["accueil"]}),
    "operateur-b": ("mx1.operateur-b.mssante.fr", {"experts.mssante.fr": ["pr.moreau", "dr.petit"], "medecins.mssante.fr": ["dr.garnier", "dr.lemoine"],
                                                   "patient.mssante.fr": [documents.INS]}),
}
NAMES = {"operateur-a": ["mx.operateur-a.mssante.fr", "sans-mx.mssante.fr"],
         "operateur-b": [f"{n}.operateur-b.mssante.fr" for n in ("mx1", "mx2", "mx6")]}

# The CHU's first host is dead, the platform's first refuses connections; the experts' two are equal; the patients' has IPv6 only.
ZONE = """$ORIGIN mssante.fr.
$TTL 60
@ IN SOA ns hostmaster 1 3600 600 86400 60
@ IN NS ns
ns IN A 192.0.2.53
avis.exemple IN MX 10 mx.avis.exemple
mx.avis.exemple IN A 192.0.2.10
mx.avis.exemple IN AAAA 2001:db8::10
chu-exemple IN MX 5 mort.operateur-a
chu-exemple IN MX 10 mx.operateur-a
plateforme IN MX 5 ferme.operateur-a
plateforme IN MX 10 mx.operateur-a
sans-mx IN A 192.0.2.20
sans-courrier IN MX 0 .
attente IN MX 10 mx.operateur-a
mx.operateur-a IN A 192.0.2.20
mx.operateur-a IN AAAA 2001:db8::20
mort.operateur-a IN A 192.0.2.99
ferme.operateur-a IN A 192.0.2.53
experts IN MX 10 mx1.operateur-b
experts IN MX 10 mx2.operateur-b
medecins IN MX 10 mx1.operateur-b
patient IN MX 10 mx6.operateur-b
mx1.operateur-b IN A 192.0.2.30
mx2.operateur-b IN A 192.0.2.31
mx6.operateur-b IN AAAA 2001:db8::30
"""


class Maildir(Mailbox):
    """The same mailbox, read from the disk of its operator."""

    def __init__(self, folder):
        self.folder, self.address = folder, os.path.basename(folder)

    def all(self):
        found = []
        for path in sorted(glob.glob(os.path.join(self.folder, "new", "*"))):
            with open(path, "rb") as f:
                found.append(crlf(f.read()))
        return found


class NetworkWorld(World):
    network = None
    dns = None

    def __init__(self, folder, bin_dir, cache):
        super().__init__(folder, bin_dir, cache)
        self.port = 25
        self.operators = dict(OPERATORS)
        self.network = Network(HOSTS, cache)

    def listen(self):
        return f"{self.network.address('relais')}:25"

    def _correspondents(self):
        self._dns()
        self.correspondents = Correspondents(os.path.join(self.folder, "autres"), self.cache, self.anchors)
        os.makedirs(os.path.join(self.correspondents.folder, "etc"))
        with open(os.path.join(self.correspondents.folder, "etc/resolv.conf"), "w") as f:
            f.write(f"nameserver {self.network.address('dns')}\n")
        os.makedirs(os.path.join(self.correspondents.folder, "dovecot/mail"))
        os.chmod(os.path.join(self.correspondents.folder, "dovecot"), 0o755)
        os.chmod(os.path.join(self.correspondents.folder, "dovecot/mail"), 0o777)
        for host, name in (("a", "operateur-a"), ("b", "operateur-b")):
            self._postfix(host, name)
        boxes = [HOSPITAL, NO_MAIL, UNKNOWN, NO_MX, LATER]
        self.hospital = self.issue("hopital", "seal", cn="CHU EXEMPLE", email=",".join(boxes))
        self.platform = self.issue("plateforme", "seal", cn="PLATEFORME DE DEMANDES", email=PLATFORM)
        self.expert = self.issue("expert", "person", cn="Claire MOREAU", email=EXPERT)
        self.second_expert = self.issue("expert2", "person", cn="Luc PETIT", email="dr.petit@experts.mssante.fr")

    def _dns(self):
        root = unpack(os.path.join(self.cache, "dns"), FAMILIES["dns"])
        self.dns = Contained(os.path.join(self.folder, "dns"), root, self.network.enter("dns"))
        self.dns.version = version_of(root, "nsd")
        folder = self.dns.folder
        self.dns.write("mssante.zone", ZONE)
        self.dns.write("nsd.conf", f"""server:
  ip-address: {self.network.address("dns")}
  ip-address: {self.network.address("dns", six=True)}
  username: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/pid"
  xfrdfile: "{folder}/xfrd"
  xfrdir: "{folder}"
  zonelistfile: "{folder}/zones"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: mssante.fr
  zonefile: mssante.zone
""")
        self.dns.run("/usr/sbin/nsd", "-d", "-c", os.path.join(folder, "nsd.conf"))
        with self.network.inside("dns"):
            wait_port(53, host=self.network.address("dns"))

    def _postfix(self, host, name):
        """The lines of the guide, behind this operator's own values."""
        hostname, domains = self.operators[name]
        certificate, key = self.issue(name, "tls-both", cn=hostname, dns=",".join(NAMES[name]))
        receiving = [d for d in domains if d not in ("sans-courrier.mssante.fr", "inconnu.mssante.fr")]
        with open(os.path.join(EXAMPLES, "postfix-main.cf")) as f:
            example = f.read()
        main = (f"our_name = {hostname}\nour_domains = {' '.join(receiving)}\ncertificate = {certificate}\nkey = {key}\n"
                f"anchors = {self.anchors}\ninet_interfaces = all\ninet_protocols = all\n{example}")
        self.correspondents.run_postfix(name, {d: domains[d] for d in receiving}, main, "25", "127.0.0.1:587", self.network.enter(host))
        with self.network.inside(host):
            wait_port(25)
            wait_port(587)

    def _configure(self):
        """No route at all: DNS says where mail goes."""
        path = os.path.join(self.dir, "relais.conf")
        with open(path) as f:
            text = f.read()
        with open(path, "w") as f:
            f.write(text.replace(f'listen_host = "{self.network.address("relais")}"', 'listen_host = "::"'))
        self.set_groups({"inspect": 'crls = "pki/crls"; ', "deliverer": f"""crls = "pki/crls"; retry_seconds = 1; dns_servers = "{self.network.address('dns')}";
    mx_private = true; """})

    def relais_start(self):
        super().relais_start(self.network.enter("relais"))

    def wait_receiver(self):
        with self.network.inside("relais"):
            wait_port(25, host=self.network.address("relais"))

    def rules(self):
        rules = super().rules()
        rules["sender"][0]["domains"] = [a.split("@")[1] for a in (HOSPITAL, NO_MAIL, UNKNOWN, NO_MX, LATER)]
        return rules

    def mailbox(self, address):
        return Maildir(os.path.join(self.correspondents.folder, "dovecot/mail", address))

    def host_of(self, address):
        return "a" if address.split("@")[1] in self.operators["operateur-a"][1] else "b"

    def submit_port(self, address):
        return 587

    def submit(self, sender, recipient, message):
        with self.network.inside(self.host_of(sender)):
            clients.send(587, self.anchors, sender, [recipient], message)

    def stop(self):
        try:
            super().stop()
        finally:
            if self.dns:
                self.dns.stop()
            self.network.close()


class NetworkStory(Story):
    def send(self, sender, *words, **more):
        with self.w.network.inside(self.w.host_of(sender)):
            return super().send(sender, *words, **more)
