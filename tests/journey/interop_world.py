"""The world with more operators in it: each of them runs another mail server."""
import interop_peers as peers
from interop_peers import Missing
from world import World

PEERS = {
    "exim": (peers.Exim, "mx.clinique.mssante.fr", "clinique.mssante.fr", ["imagerie"]),
    "opensmtpd": (peers.OpenSmtpd, "mx.laboratoire.mssante.fr", "laboratoire.mssante.fr", ["labo"]),
    "node": (peers.Node, "mx.portail.mssante.fr", "portail.mssante.fr", ["portail"]),
}


class InteropWorld(World):
    def __init__(self, *words):
        super().__init__(*words)
        self.others = {}

    def _correspondents(self):
        super()._correspondents()
        self.seals = {}
        for name, (kind, hostname, domain, users) in PEERS.items():
            peer = self.others[name] = kind(self, name, hostname, domain, users)
            self.seals[name] = self.issue(f"sceau-{name}", "seal", cn=name.upper(), email=",".join(peer.addresses()))
            try:
                peer.start()
            except Missing as e:                        # the others are tried all the same
                peer.missing = e
            self.operators[name] = (hostname, {domain: users})
            self.ports[name] = (peer.outside, peer.inside)
        self._direct(self.others["opensmtpd"])

    def _direct(self, peer):
        """OpenSMTPD's listener with TLS, as the server of a domain of its own."""
        self.issue("opensmtpd-direct", "tls-both", cn=peer.hostname, dns=peer.hostname)
        self.operators["opensmtpd-direct"] = (peer.hostname, {peer.direct_address().split("@")[1]: peer.users})
        self.ports["opensmtpd-direct"] = (peer.broken, peer.inside)

    def rules(self):
        rules = super().rules()
        for n, (name, peer) in enumerate(self.others.items()):
            rules["sender"].append({"organisation": name.upper(), "id": f"17500001{n:02d}", "domains": peer.domains(),
                                    "certificates": [self.fingerprint(self.seals[name][0])], "classes": ["record"],
                                    "signature": "required", "identities": "test"})
        return rules

    def stop(self):
        try:
            for peer in self.others.values():
                peer.stop()
        finally:
            super().stop()
