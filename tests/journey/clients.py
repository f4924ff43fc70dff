"""Plain clients: what a hospital's software, a request platform and a doctor's mail program do. SMTP, IMAP and openssl only."""
import base64
import email
import email.policy
import email.utils
import imaplib
import os
import smtplib
import ssl
import subprocess
import tempfile
import time
import uuid
from email.message import EmailMessage
from email.headerregistry import Address

from correspondents import MAIL_PASSWORD

CRLF = email.policy.SMTP.clone(max_line_length=76)


def entity(text, files=(), html=None):
    """The MIME entity (bytes, CRLF): text first, then files [(name, media, bytes)]."""
    m = EmailMessage(policy=CRLF)
    m.set_content(text, cte="quoted-printable")
    if html is not None:
        m.add_alternative(html, subtype="html", cte="quoted-printable")
    for name, media, content in files:
        main, sub = media.split("/")
        m.add_attachment(content, maintype=main, subtype=sub, filename=name)
    del m["MIME-Version"]
    return m.as_bytes(policy=CRLF)


def head(sender, to, subject, message_id=None, in_reply_to=None, extra=()):
    m = EmailMessage(policy=CRLF)
    name, address = sender if isinstance(sender, tuple) else ("", sender)
    m["From"] = Address(display_name=name, addr_spec=address) if name else address
    m["To"] = to
    m["Subject"] = subject
    m["Date"] = email.utils.format_datetime(email.utils.localtime())
    m["Message-ID"] = message_id or f"<{uuid.uuid4()}@{address.split('@')[1]}>"
    if in_reply_to:
        m["In-Reply-To"] = in_reply_to
        m["References"] = in_reply_to
    for key, value in extra:
        m[key] = value
    m["MIME-Version"] = "1.0"
    text = m.as_bytes(policy=CRLF)
    return text[:text.index(b"\r\n\r\n") + 2], m["Message-ID"]


def sign(signed, certificate, key):
    """A detached CMS signature over exactly these bytes (DER). certificate is followed by its chain, if any, in its file."""
    with open(certificate) as f:
        chain = f.read().split("-----END CERTIFICATE-----", 1)[1].strip()
    with tempfile.NamedTemporaryFile() as f, tempfile.NamedTemporaryFile("w") as c:
        f.write(signed)
        f.flush()
        c.write(chain)
        c.flush()
        return subprocess.run(["openssl", "cms", "-sign", "-binary", "-in", f.name, "-signer", certificate, "-inkey", key, "-outform", "DER",
                               "-md", "sha256"] + (["-certfile", c.name] if chain else []), check=True, capture_output=True).stdout


def signed_entity(body, certificate, key):
    p7s = base64.encodebytes(sign(body, certificate, key)).replace(b"\n", b"\r\n")
    mark = uuid.uuid4().hex.encode()
    return (b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256;\r\n boundary="' + mark +
            b'"\r\n\r\nThis is a signed message.\r\n--' + mark + b"\r\n" + body + b"\r\n--" + mark +
            b'\r\nContent-Type: application/pkcs7-signature; name="smime.p7s"\r\nContent-Transfer-Encoding: base64\r\n'
            b'Content-Disposition: attachment; filename="smime.p7s"\r\n\r\n' + p7s + b"--" + mark + b"--\r\n")


def encrypted_entity(body, certificates, cipher="aes-256-gcm", options=()):
    """The entity inside a CMS object for these certificates, by the openssl command. RSA is OAEP unless options say otherwise."""
    words = []
    for certificate in certificates:
        with open(certificate) as f:
            pem = f.read()
        kind = subprocess.run(["openssl", "x509", "-noout", "-text"], input=pem, text=True, capture_output=True, check=True).stdout
        words += ["-recip", certificate] + (list(options) or (["-keyopt", "rsa_padding_mode:oaep"] if "rsaEncryption" in kind else []))
    der = subprocess.run(["openssl", "cms", "-encrypt", "-binary", "-outform", "DER", "-" + cipher, *words], input=body, check=True, capture_output=True).stdout
    return pkcs7_mime(der, "authEnveloped-data" if cipher.endswith("gcm") else "enveloped-data")


def pkcs7_mime(der, kind):
    return (f'Content-Type: application/pkcs7-mime; smime-type={kind}; name="smime.p7m"\r\nContent-Transfer-Encoding: base64\r\n'
            'Content-Disposition: attachment; filename="smime.p7m"\r\n\r\n').encode() + base64.encodebytes(der).replace(b"\n", b"\r\n")


class Refused(Exception):
    def __init__(self, code, text):
        super().__init__(f"{code} {text}")
        self.code, self.text = code, text


def send(port, anchors, sender, recipients, message, certificate=None, key=None, host="127.0.0.1"):
    """One mail over SMTP with STARTTLS. Raises Refused with the server's own words."""
    context = ssl.create_default_context(cafile=anchors)
    context.check_hostname = False
    if certificate:
        context.load_cert_chain(certificate, key)
    with smtplib.SMTP(host, port, timeout=60) as s:
        s.ehlo("client.example")
        try:
            code, text = s.starttls(context=context)
            s.ehlo("client.example")
            for command in [lambda: s.mail(sender)] + [lambda r=r: s.rcpt(r) for r in recipients] + [lambda: s.data(message)]:
                code, text = command()
                if code >= 400:
                    raise Refused(code, text.decode("utf-8", "replace"))
        except smtplib.SMTPResponseException as e:
            raise Refused(e.smtp_code, e.smtp_error.decode("utf-8", "replace")) from None
        return text.decode("utf-8", "replace")


class Mailbox:
    """One mailbox read over IMAPS by a plain client."""

    def __init__(self, port, anchors, address):
        self.port, self.address = port, address
        self.context = ssl.create_default_context(cafile=anchors)
        self.context.check_hostname = False
        self.seen = 0

    def all(self):
        with imaplib.IMAP4_SSL("127.0.0.1", self.port, ssl_context=self.context) as i:
            i.login(self.address, MAIL_PASSWORD)
            i.select("INBOX", readonly=True)
            numbers = i.search(None, "ALL")[1][0].split()
            return [i.fetch(n, "(BODY.PEEK[])")[1][0][1] for n in numbers]

    def wait(self, want, seconds=60):
        """The first mail (bytes, parsed) for which want(parsed) holds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for raw in self.all():
                parsed = email.message_from_bytes(raw, policy=email.policy.default)
                if want(parsed):
                    return raw, parsed
            time.sleep(0.1)
        raise TimeoutError(f"the mail awaited in {self.address} did not come within {seconds} s")

    def append(self, raw):
        """As another operator's delivery would: puts a mail into the box."""
        with imaplib.IMAP4_SSL("127.0.0.1", self.port, ssl_context=self.context) as i:
            i.login(self.address, MAIL_PASSWORD)
            i.append("INBOX", None, None, raw)


def text_of(parsed):
    """The plain text as a client shows it: lines of format=flowed put together (RFC 3676)."""
    part = parsed.get_body(preferencelist=("plain",))
    if part is None:
        return ""
    text = part.get_content()
    if part.get_param("format", "") != "flowed":
        return text
    lines, paragraph = [], ""
    for line in text.splitlines():
        line = line[1:] if line.startswith(" ") else line
        paragraph += line
        if not line.endswith(" ") or line == "-- ":
            lines.append(paragraph)
            paragraph = ""
    return "\n".join(lines + [paragraph])


def attachments(parsed):
    """{file name: bytes} of every attachment, inside a signed mail too."""
    found = {}
    for part in parsed.walk():
        name = part.get_filename()
        if name and not part.is_multipart():
            found[name] = part.get_payload(decode=True)
    return found


def verify_seal(raw, anchors, folder, alter=False):
    """openssl cms -verify on the mail as it was fetched. alter changes one byte of the signed text first."""
    data = bytearray(raw)
    if alter:
        at = data.index(b"\r\n\r\n", data.index(b"text/plain")) + 8
        data[at] ^= 1
    path = os.path.join(folder, "seal-altered.eml" if alter else "seal.eml")
    with open(path, "wb") as f:
        f.write(data)
    done = subprocess.run(["openssl", "cms", "-verify", "-in", path, "-CAfile", anchors, "-purpose", "smimesign", "-out", os.devnull],
                          capture_output=True)
    return done.returncode == 0
