"""What a stranger finds when he tries the receiver's TLS: sslscan's report read line by line, and openssl s_client asking for what must not be.

With an elliptic and with an RSA certificate: static RSA and many old suites can only show with the second."""
import os
import shutil
import subprocess
import xml.etree.ElementTree as xml

SECURE_GROUPS = {"x25519", "secp256r1", "secp384r1", "secp521r1"}
PLAIN_SUITES = {"TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"}
WEAK = ["AES128-SHA", "AES128-GCM-SHA256", "ECDHE-{0}-AES128-SHA", "ECDHE-{0}-AES256-SHA384", "DHE-RSA-AES128-GCM-SHA256", "ADH-AES128-GCM-SHA256",
        "AES256-CCM", "ECDHE-{0}-NULL-SHA", "CAMELLIA128-SHA", "ARIA128-GCM-SHA256", "PSK-AES128-GCM-SHA256"]


def scan(world):
    out = subprocess.run(["sslscan", "--starttls-smtp", "--timeout=20", "--xml=-", "--no-colour", "--show-cipher-ids", f"--sni-name={world.hostname}",
                          f"127.0.0.1:{world.port}"], capture_output=True, text=True, timeout=120).stdout
    return xml.fromstring(out).find("ssltest")


def client(world, *words, said="QUIT\r\n"):
    """Exit status and all that openssl s_client told."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{world.port}", "-starttls", "smtp", "-servername", world.hostname,
                           "-CAfile", world.anchors, "-verify_hostname", world.hostname, *words],
                          input=said, capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout + done.stderr


def refused_in_handshake(world, *words):
    """A session that is never made: no cipher, and an alert from the server, not a fault of the client's own making."""
    status, text = client(world, *words)
    assert status != 0 and ("alert" in text or "unexpected eof" in text) and ("Cipher is (NONE)" in text or "no peer certificate" in text), \
        f"{words}: {text[-600:]}"


def agreed(world, *words):
    status, text = client(world, *words)
    assert status == 0 and "Verify return code: 0 (ok)" in text, f"{words}: {text[-600:]}"
    return text


def rsa_certificate(world):
    """The receiver gets an RSA certificate and is started again."""
    certificate, key = world.issue("relais-rsa", "tls-server", cn=world.hostname, dns=world.hostname, key="rsa")
    status = os.stat(os.path.join(world.pki, "relais-server.key"))
    os.chown(key, status.st_uid, status.st_gid)
    os.chmod(certificate, 0o644)
    for source, to in ((certificate, "relais-server.pem"), (key, "relais-server.key")):
        shutil.copyfile(source, os.path.join(world.pki, to))
    world.relais_stop()
    world.relais_start()


def cases(world, kind):
    def protocols():
        report = scan(world)
        enabled = {f"{p.get('type')} {p.get('version')}" for p in report.iter("protocol") if p.get("enabled") == "1"}
        assert enabled == {"tls 1.2", "tls 1.3"}, enabled
        assert report.find("renegotiation").get("supported") == "0", "renegotiation"
        assert all(h.get("vulnerable") == "0" for h in report.iter("heartbleed"))
        compression = report.find("compression")
        assert compression is None or compression.get("supported") == "0", "compression"

    def suites():
        found = [(c.get("sslversion"), c.get("cipher")) for c in scan(world).iter("cipher")]
        assert len(found) >= 6, found
        for version, cipher in found:
            if version == "TLSv1.3":
                assert cipher in PLAIN_SUITES, cipher
            else:
                assert cipher.startswith(f"ECDHE-{kind}-") and ("GCM" in cipher or "CHACHA20" in cipher), cipher

    def groups():
        found = {g.get("name").split(" ")[0] for g in scan(world).iter("group")}
        assert {"x25519", "secp256r1"} <= found <= SECURE_GROUPS, found

    def certificate():
        report = scan(world)
        c = report.find("certificates/certificate")
        assert c.find("subject").text == world.hostname and c.find("altnames").text == f"DNS:{world.hostname}", xml.tostring(c)
        assert c.find("self-signed").text == c.find("expired").text == "false"
        key = c.find("pk")
        assert key.get("error") == "false" and (key.get("type"), key.get("bits")) in (("EC", "128"), ("RSA", "2048"), ("RSA", "3072")), key.attrib
        text = agreed(world, "-showcerts")
        assert text.count("-----BEGIN CERTIFICATE-----") >= 2, "the intermediate goes along"
        leaf = text[text.index("-----BEGIN"):text.index("-----END CERTIFICATE-----") + 25]
        with open(os.path.join(world.pki, "relais-server.pem")) as f:
            assert "".join(leaf.split()) in "".join(f.read().split()), "the certificate that is configured is the one that is shown"

    def old_versions():
        for version in ("-tls1", "-tls1_1"):
            refused_in_handshake(world, version, "-cipher", "ALL:@SECLEVEL=0")

    def weak_suites():
        for suite in WEAK:
            name = suite.format(kind)
            known = subprocess.run(["openssl", "ciphers", "-s", "-tls1_2", name + ":@SECLEVEL=0"], capture_output=True, text=True)
            if name.startswith("PSK") or known.returncode != 0:
                continue                                    # this openssl cannot ask for it
            refused_in_handshake(world, "-tls1_2", "-cipher", name + ":@SECLEVEL=0")

    def renegotiation():
        """The client asks for it with "R"; the session must not get a second handshake."""
        status, text = client(world, "-tls1_2", "-legacy_renegotiation", said="R\n")
        assert "RENEGOTIATING" in text and "no renegotiation" in text.lower().replace("_", " "), text[-800:]
        assert status != 0, text[-800:]

    def compression_tickets_and_early_data():
        assert "Compression: NONE" in agreed(world, "-tls1_2", "-comp")
        text = agreed(world, "-tls1_3", "-ign_eof")
        assert "Max Early Data: 0" in text or "Early data was not sent" in text, text[-800:]

    def signatures():
        for words in (("-sigalgs", f"{kind}+SHA1"), ("-sigalgs", f"{kind}+SHA224")):
            refused_in_handshake(world, "-tls1_2", "-cipher", "ALL:@SECLEVEL=0", *words)

    def poor_groups():
        for group, version in (("ffdhe2048", "-tls1_3"), ("ffdhe8192", "-tls1_3"), ("P-224", "-tls1_2"), ("brainpoolP256r1", "-tls1_2")):
            refused_in_handshake(world, version, "-groups", group, "-cipher", "ALL:@SECLEVEL=0")
        for group in ("X25519", "P-256", "P-384"):
            agreed(world, "-groups", group)

    for sentence, case in (("sslscan finds TLS 1.2 and 1.3 and nothing else, no renegotiation, no compression", protocols),
                           ("sslscan finds no suite without forward secrecy and AEAD", suites),
                           ("sslscan finds no group but the secure elliptic ones", groups),
                           ("the certificate is the one that was configured, with its intermediate", certificate),
                           ("TLS 1.0 and 1.1 are refused", old_versions),
                           ("CBC, static RSA, finite fields, anonymous and null suites are refused", weak_suites),
                           ("a renegotiation is refused", renegotiation),
                           ("nothing is compressed and no early data is taken", compression_tickets_and_early_data),
                           ("signatures over SHA-1 and SHA-224 are refused", signatures),
                           ("finite-field and small groups are refused, X25519, P-256 and P-384 agreed on", poor_groups)):
        yield f"{sentence} ({kind})", case
