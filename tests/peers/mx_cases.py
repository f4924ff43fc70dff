"""Where DNS says that mail goes: the resolver against a server that lies (T7)."""
import json
import subprocess

import dns_peer
from dns_peer import A, AAAA, CNAME, MX, DnsPeer

CASES = []
PUBLIC, OTHER = "8.8.8.8", "9.9.9.9"
ZONE = {
    "hopital.fr": {MX: [(20, "mx2.hopital.fr"), (10, "mx1.hopital.fr")]},
    "mx1.hopital.fr": {A: [PUBLIC], AAAA: ["2a01:4f8::1"]},
    "mx2.hopital.fr": {A: [OTHER, "10.0.0.1"]},
    "sans-mx.fr": {A: [PUBLIC]},
    "rien.fr": {},
    "muet.fr": {MX: [(0, "")]},
    "alias.fr": {CNAME: ["hopital.fr"]},
    "rond.fr": {CNAME: ["rond2.fr"]}, "rond2.fr": {CNAME: ["rond.fr"]},
    "prive.fr": {MX: [(10, "interne.prive.fr"), (20, "local.prive.fr")]},
    "interne.prive.fr": {A: ["10.1.2.3", "192.168.0.1", "169.254.169.254"], AAAA: ["fd00::1", "::ffff:127.0.0.1"]},
    "local.prive.fr": {A: ["127.0.0.1"], AAAA: ["::1"]},
    "nous.fr": {MX: [(10, "relais.exemple.mssante.fr"), (20, "mx1.hopital.fr")]},
    "second.fr": {MX: [(10, "mx1.hopital.fr"), (20, "relais.exemple.mssante.fr")]},
    "litteral.fr": {MX: [(10, "127.0.0.1")]},
    "mille.fr": {MX: [(n, "mx%d.mille.fr" % n) for n in range(1000, 0, -1)]},
    **{"mx%d.mille.fr" % n: {A: [PUBLIC]} for n in range(1, 1001)},
    "mort.fr": {MX: [(10, "personne.mort.fr")]},
}
ZONE.update({"c%d.fr" % n: {CNAME: ["c%d.fr" % (n + 1)]} for n in range(12)})
ZONE["c12.fr"] = {MX: [(10, "mx1.hopital.fr")]}


def case(f):
    CASES.append(f)
    return f


def expect(what, is_, wanted):
    assert is_ == wanted, "%s is %r, not %r" % (what, is_, wanted)


def ask(lab, domain, bend=None, private=False, ms=6000):
    peer = DnsPeer(ZONE, bend)
    try:
        done = subprocess.run([lab.probe_path, "mx", peer.servers(), domain, "private" if private else "public", str(ms)],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
        result = json.loads(done.stdout)
        result["asked"] = peer.asked
        return result
    finally:
        peer.close()


@case
def mx_in_the_order_of_preference(lab):
    result = ask(lab, "hopital.fr")
    expect("reason", result["reason"], "none")
    expect("hosts", result["hosts"], [["mx1.hopital.fr", ["2a01:4f8::1", PUBLIC]], ["mx2.hopital.fr", [OTHER]]])


@case
def mx_none_means_the_domain_itself(lab):
    result = ask(lab, "sans-mx.fr")
    expect("hosts", (result["hosts"], result["itself"]), ([["sans-mx.fr", [PUBLIC]]], True))
    expect("a domain of nothing", ask(lab, "rien.fr")["hosts"], [["rien.fr", "deliver.domain.none"]])


@case
def mx_refused_for_good(lab):
    expect("null MX", ask(lab, "muet.fr")["reason"], "deliver.domain.no-mail")
    expect("no such domain", ask(lab, "nulle-part.fr")["reason"], "deliver.domain.none")


@case
def mx_aliases(lab):
    expect("one", [h[0] for h in ask(lab, "alias.fr")["hosts"]], ["mx1.hopital.fr", "mx2.hopital.fr"])
    expect("in a circle", ask(lab, "rond.fr")["reason"], "deliver.dns")
    expect("eight", [h[0] for h in ask(lab, "c4.fr")["hosts"]], ["mx1.hopital.fr"])
    expect("twelve", ask(lab, "c0.fr")["reason"], "deliver.dns")


@case
def mx_to_private_addresses(lab):
    expect("public", ask(lab, "prive.fr")["hosts"], [["interne.prive.fr", "deliver.mx"], ["local.prive.fr", "deliver.mx"]])
    hosts = dict(ask(lab, "prive.fr", private=True)["hosts"])
    expect("allowed", hosts["local.prive.fr"], ["::1", "127.0.0.1"])
    expect("an address for a name", ask(lab, "litteral.fr", private=True)["reason"], "deliver.mx")


@case
def mx_to_ourselves(lab):
    for private in (False, True):
        expect("we first", ask(lab, "nous.fr", private=private)["reason"], "deliver.mx")
        expect("we second", [h[0] for h in ask(lab, "second.fr", private=private)["hosts"]], ["mx1.hopital.fr"])


@case
def mx_thousand_hosts(lab):
    result = ask(lab, "mille.fr")
    expect("reason", result["reason"], "none")
    expect("hosts", len(result["hosts"]), 10)
    assert ("mille.fr", MX, "tcp") in result["asked"], "a cut answer was not asked for again by TCP"


@case
def mx_host_without_an_address(lab):
    expect("hosts", ask(lab, "mort.fr")["hosts"], [["personne.mort.fr", "deliver.domain.none"]])


@case
def mx_servers_that_lie(lab):
    for name, bend in (("forged", dns_peer.others_name("pirate.exemple.fr")), ):
        result = ask(lab, "sans-mx.fr", {"sans-mx.fr": bend})
        assert not any(h[0] == "pirate.exemple.fr" for h in result["hosts"]), (name, result)
    for name, bend in (("servfail", dns_peer.servfail), ("cut for ever", dns_peer.cut_for_ever), ("a circle of pointers", dns_peer.pointer_to_itself),
                       ("noise", dns_peer.noise)):
        result = ask(lab, "hopital.fr", {"hopital.fr": bend})
        expect(name, (result["reason"], result["hosts"]), ("deliver.dns", []))


@case
def mx_servers_that_do_not_answer(lab):
    for name, bend in (("silent", dns_peer.silent), ("wrong identity", dns_peer.wrong_id), ("slow by TCP", dns_peer.drip_tcp)):
        result = ask(lab, "hopital.fr", {"hopital.fr": bend}, ms=2500)
        expect(name, result["reason"], "deliver.dns")
        assert 2000 < result["ms"] < 10000, (name, result["ms"])       # the servers never answer, or after forty seconds
