"""The IMAP client against a peer that bends its answers. Each case names the rows of the project's page of attacks that it tries:

I1 wrong tags, endless untagged data, vast literals, odd numbers, nested lists     I5 alerts, referrals, capabilities that lie, PREAUTH
I2 UIDs and UIDVALIDITY that change, EXPUNGE in between, mail not asked for        I6 compression, sizes that lie
I3 folder names                                                                    I7 credentials in traces, another server's certificate
I4 line ends and quotes in names                                                   HOW how it should be"""
import hashlib

import imap_peer
from imap_peer import ImapPeer, literal
from wire import settle

CASES = []
ROWS = {row: [] for row in ("HOW", "I1", "I2", "I3", "I4", "I5", "I6", "I7")}


def row(*ids):
    def take(f):
        for one in ids:
            ROWS[one].append(f.__name__)
        CASES.append(f)
        return f
    return take


def expect(what, is_, wanted):
    assert is_ == wanted, "%s is %r, not %r" % (what, is_, wanted)


MAILS = {
    3: b"From: a@b.fr\r\nSubject: one\r\n\r\nfirst\r\n",
    5: b"From: a@b.fr\nSubject: LF only\n\nkept as it is\n)\r\n* 9 EXISTS\r\n",
    9: b"From: a@b.fr\r\n\r\n" + bytes(range(1, 256)) * 9000 + b"\r\n",
}


def digests(messages):
    return {uid: hashlib.sha256(data).hexdigest() for uid, data in messages.items()}


def fetched(result):
    return {m["uid"]: m["sha256"] for m in result.get("messages", ()) if m["found"] and m["reason"] == "none"}


@row("HOW")
def imap_good_session(lab):
    peer = ImapPeer(lab.tls(clients=lab.anchors), MAILS)
    result = lab.imap(peer)
    expect("open", result["open"], "none")
    expect("read", result["read"], "none")
    expect("uidvalidity", result["uidvalidity"], 77)
    expect("uids", [m["uid"] for m in result["messages"]], [3, 5, 9])
    expect("bytes", fetched(result), digests(MAILS))
    expect("idle", result["idle"], True)
    settle(peer.said, b"LOGOUT")
    said = b"\n".join(peer.said)
    assert b"BODY.PEEK[]" in said and b"EXAMINE" in said, said
    assert b"BODYSTRUCTURE" not in said and b"SELECT" not in said and b"STORE" not in said, said


@row("HOW")
def imap_starttls(lab):
    peer = ImapPeer(lab.tls(), MAILS, starttls=True)
    result = lab.imap(peer, more=["starttls"])
    expect("read", result["read"], "none")
    expect("bytes", fetched(result), digests(MAILS))
    expect("said in clear", [line.split()[1] for line in peer.clear], [b"STARTTLS"])


@row("HOW")
def imap_many_descriptors(lab):
    result = lab.imap(ImapPeer(lab.tls(), MAILS), first=["many-descriptors"])
    expect("bytes", fetched(result), digests(MAILS))


@row("HOW")
def imap_certificate_alone(lab):
    peer = ImapPeer(lab.tls(clients=lab.anchors), MAILS, more="SASL-IR AUTH=EXTERNAL")
    expect("read", lab.imap(peer, auth="certificate", password="", user="avis@operateur.fr")["read"], "none")
    expect("sasl", peer.sasl, [("EXTERNAL", b"avis@operateur.fr")])
    # Without SASL-IR the server asks; whom it told by PREAUTH it does not ask.
    peer = ImapPeer(lab.tls(clients=lab.anchors), MAILS, more="AUTH=EXTERNAL")
    expect("read", lab.imap(peer, auth="certificate", password="", user="avis@operateur.fr")["read"], "none")
    expect("sasl", peer.sasl, [("EXTERNAL", b"avis@operateur.fr")])
    peer = ImapPeer(lab.tls(), MAILS, {"GREETING": lambda p, wire, tag, line: wire.send(b"* PREAUTH hello\r\n")})
    expect("read", lab.imap(peer, auth="certificate", password="")["read"], "none")
    # A server that takes the name from the certificate but knows LOGIN alone.
    peer = ImapPeer(lab.tls(clients=lab.anchors), MAILS, password='""')
    expect("read", lab.imap(peer, auth="certificate", password="", user="avis")["read"], "none")
    assert any(line.split(b" ", 1)[1] == b'LOGIN avis ""' for line in peer.said), peer.said


@row("HOW")
def imap_token(lab):
    token = "eyJhbGciOi.J9-_~+/" + "x" * 3000 + "=="
    for ir in ("", "SASL-IR "):
        peer = ImapPeer(lab.tls(), MAILS, more=ir + "AUTH=XOAUTH2", token=token)
        expect("read", lab.imap(peer, auth="xoauth2", password=token, user="avis@operateur.fr")["read"], "none")
        expect("sasl", peer.sasl, [("XOAUTH2", b"user=avis@operateur.fr\x01auth=Bearer " + token.encode() + b"\x01\x01")])
        peer = ImapPeer(lab.tls(), MAILS, more=ir + "AUTH=OAUTHBEARER", token=token)
        expect("read", lab.imap(peer, auth="oauthbearer", password=token, user="a,b=c")["read"], "none")
        expect("sasl", peer.sasl, [("OAUTHBEARER", b"n,a=a=2Cb=3Dc,\x01host=mx.exemple.fr\x01port=%d\x01auth=Bearer " % peer.port
                                    + token.encode() + b"\x01\x01")])


@row("HOW")
def imap_condstore(lab):
    peer = ImapPeer(lab.tls(), MAILS, more="CONDSTORE")
    peer.modseq = 9223372036854775807
    result = lab.imap(peer)
    expect("modseq", result["modseq"], 9223372036854775807)
    expect("bytes", fetched(result), digests(MAILS))

    def unsaid(peer, wire, tag, line):
        wire.send(b"* 3 EXISTS\r\n* OK [UIDVALIDITY 4] v\r\n* OK [UIDNEXT 10] n\r\n* OK [NOMODSEQ] none\r\n" + tag + b" OK open\r\n")
    expect("modseq", lab.imap(ImapPeer(lab.tls(), MAILS, {"EXAMINE": unsaid}, more="CONDSTORE"))["modseq"], 0)


@row("HOW")
def imap_without_idle_or_mail(lab):
    result = lab.imap(ImapPeer(lab.tls(), {}, idle=False))
    expect("read", result["read"], "none")
    expect("idle", result["idle"], False)
    expect("messages", result["messages"], [])


@row("I6")
def imap_big_message_flat_memory(lab):
    big = {1: b"x" * 78 + b"\r\n"}
    big[1] = (b"x" * 78 + b"\r\n") * 310000
    small = lab.imap(ImapPeer(lab.tls(), {1: MAILS[3]}), first=["patient"])
    result = lab.imap(ImapPeer(lab.tls(), big), first=["patient"])
    expect("bytes", fetched(result), digests(big))
    grown = result["rss_kb"] - small["rss_kb"]
    assert grown < 8192, "memory grew by %d KB for %d bytes" % (grown, len(big[1]))


@row("I6")
def imap_over_the_size(lab):
    def lie(peer, wire, tag, line):
        wire.send(b"* 1 FETCH (UID 1 RFC822.SIZE 10)\r\n" + tag + b" OK done\r\n")
    peer = ImapPeer(lab.tls(), {1: b"y" * (26 * 1024 * 1024)}, {"SIZE": lie})
    result = lab.imap(peer)
    expect("read", result["read"], "collect.too-big")


@row("I7")
def imap_wrong_certificate(lab):
    for pair in (lab.wrong, lab.foreign):
        peer = ImapPeer(lab.tls(pair), MAILS)
        expect("open", lab.imap(peer)["open"], "collect.tls")
        expect("said", peer.said, [])
        peer = ImapPeer(lab.tls(pair), MAILS, starttls=True)
        expect("open", lab.imap(peer, more=["starttls"])["open"], "collect.tls")
        assert b"secret" not in b"".join(peer.clear + peer.said)


@row("I5")
def imap_starttls_refused_or_injected(lab):
    """T2."""
    def refuse(peer, wire, tag, line):
        wire.send(tag + b" NO not today\r\n")

    def inject(peer, wire, tag, line):
        wire.send(tag + b" OK begin\r\n* CAPABILITY LOGINDISABLED\r\n")

    def preauth(peer, wire, tag, line):
        wire.send(b"* PREAUTH you are in\r\n")
    for bend, said in (({"STARTTLS": refuse}, [b"STARTTLS"]), ({"STARTTLS": inject}, [b"STARTTLS"]), ({"GREETING": preauth}, [])):
        peer = ImapPeer(lab.tls(), MAILS, bend, starttls=True)
        result = lab.imap(peer, more=["starttls"])
        expect("open", result["open"], "collect.tls")
        expect("said in clear", [line.split()[1] for line in peer.clear], said)


@row("I7")
def imap_login_refused(lab):
    expect("open", lab.imap(ImapPeer(lab.tls(), MAILS), password="wrong")["open"], "collect.login")


@row("I3")
def imap_no_such_folder(lab):
    def no(peer, wire, tag, line):
        wire.send(tag + b" NO no such folder\r\n")
    expect("read", lab.imap(ImapPeer(lab.tls(), MAILS, {"EXAMINE": no}))["read"], "collect.folder")


@row("I2")
def imap_no_uidvalidity(lab):
    def bare(peer, wire, tag, line):
        wire.send(b"* 1 EXISTS\r\n" + tag + b" OK [READ-ONLY] open\r\n")
    expect("read", lab.imap(ImapPeer(lab.tls(), MAILS, {"EXAMINE": bare}))["read"], "collect.protocol")


@row("I2")
def imap_no_uidnext(lab):
    def bare(peer, wire, tag, line):
        wire.send(b"* 1 EXISTS\r\n* OK [UIDVALIDITY 4] v\r\n" + tag + b" OK [READ-ONLY] open\r\n")
    result = lab.imap(ImapPeer(lab.tls(), MAILS, {"EXAMINE": bare}))
    expect("bytes", fetched(result), digests(MAILS))


@row("I1")
def imap_end_within_a_literal(lab):
    def half(peer, wire, tag, line):
        wire.send(b"* 1 FETCH (UID %d BODY[] {5000}\r\nonly this" % peer.uid(line))
        raise imap_peer.Bent
    result = lab.imap(ImapPeer(lab.tls(), MAILS, {"BODY": half}))
    expect("read", result["read"], "collect.connect")
    assert result["cpu_ms"] < 1500, "it turned in a loop for %d ms" % result["cpu_ms"]


@row("I1")
def imap_drip_within_a_literal(lab):
    result = lab.imap(ImapPeer(lab.tls(), MAILS, {"BODY": imap_peer.drip_literal}))
    expect("read", result["read"], "collect.connect")
    assert result["ms"] < 6000, result["ms"]


@row("I1")
def imap_endless_untagged(lab):
    for name in ("LOGIN", "EXAMINE", "SEARCH"):
        result = lab.imap(ImapPeer(lab.tls(), MAILS, {name: imap_peer.flood_untagged}))
        last = result["read"]
        assert last in ("collect.protocol", "collect.connect"), (name, result)
        assert result["ms"] < 4000, (name, result["ms"])


@row("I1", "I6")
def imap_literal_of_four_gigabytes(lab):
    def vast(peer, wire, tag, line):
        wire.send(b"* 1 FETCH (UID %d BODY[] {4294967290}\r\n" % peer.uid(line))
        block = b"z" * 65536
        for _ in range(600):
            wire.send(block)
    result = lab.imap(ImapPeer(lab.tls(), MAILS, {"BODY": vast}))
    expect("read", result["read"], "collect.too-big")
    assert result["rss_kb"] < 400000, result["rss_kb"]


@row("I2")
def imap_not_what_was_asked(lab):
    def another(peer, wire, tag, line):
        wire.send(b"* 1 FETCH (UID 99 BODY[] " + literal(b"other") + b")\r\n" + tag + b" OK done\r\n")

    def two(peer, wire, tag, line):
        one = b"* 1 FETCH (UID %d BODY[] " % peer.uid(line) + literal(b"half") + b")\r\n"
        wire.send(one + one + tag + b" OK done\r\n")

    def twice_in_one(peer, wire, tag, line):
        wire.send(b"* 1 FETCH (UID %d BODY[] " % peer.uid(line) + literal(b"half") + b" BODY[] " + literal(b"half") + b")\r\n"
                  + tag + b" OK done\r\n")

    def no_uid(peer, wire, tag, line):
        wire.send(b"* 1 FETCH (BODY[] " + literal(b"whose") + b")\r\n" + tag + b" OK done\r\n")
    for bend in (another, two, twice_in_one, no_uid):
        result = lab.imap(ImapPeer(lab.tls(), MAILS, {"BODY": bend}))
        expect("read of " + bend.__name__, result["read"], "collect.protocol")
        expect("kept", fetched(result), {})


@row("I2")
def imap_nothing_is_given(lab):
    def nothing(peer, wire, tag, line):
        wire.send(tag + b" OK done\r\n")

    def nil(peer, wire, tag, line):
        wire.send(b"* 1 FETCH (UID %d BODY[] NIL)\r\n" % peer.uid(line) + tag + b" OK done\r\n")
    for bend in (nothing, nil):
        result = lab.imap(ImapPeer(lab.tls(), MAILS, {"BODY": bend}))
        expect("read", result["read"], "none")
        expect("kept", fetched(result), {})


@row("HOW")
def imap_quoted_body(lab):
    def quoted(peer, wire, tag, line):
        wire.send(b'* 1 FETCH (UID %d BODY[] "From: a@b.fr")\r\n' % peer.uid(line) + tag + b" OK done\r\n")
    result = lab.imap(ImapPeer(lab.tls(), {3: b"From: a@b.fr"}, {"BODY": quoted}))
    expect("bytes", fetched(result), digests({3: b"From: a@b.fr"}))


@row("I2")
def imap_told_in_passing(lab):
    def chatty(peer, wire, tag, line):
        wire.send(b"* 2 FETCH (FLAGS (\\Seen))\r\n* 12 EXISTS\r\n")
        return False
    result = lab.imap(ImapPeer(lab.tls(), MAILS, {"BODY": chatty, "SIZE": chatty}))
    expect("bytes", fetched(result), digests(MAILS))


@row("I1")
def imap_deep_structure_unasked(lab):
    # The library's parser is recursive: the reply's bound keeps it within the stack.
    def deep(peer, wire, tag, line):
        wire.send(b"* 1 FETCH (UID 3 BODYSTRUCTURE " + b"(" * 60000)
        wire.send(b"\r\n" + tag + b" OK done\r\n")

    def deepest(peer, wire, tag, line):
        wire.send(b"* 1 FETCH (UID 3 BODYSTRUCTURE " + b"(" * 16000 + b"\r\n" + tag + b" OK done\r\n")

    def behind(peer, wire, tag, line):
        wire.send(b"* 1 FETCH (UID 3 BODY[] " + literal(b"x" * 50000) + b" BODYSTRUCTURE " + b"(" * 60000)
        wire.send(b"\r\n" + tag + b" OK done\r\n")
    for name, bend in (("SIZE", deep), ("SIZE", deepest), ("BODY", deep), ("BODY", behind)):
        result = lab.imap(ImapPeer(lab.tls(), MAILS, {name: bend}))
        expect("read", result["read"], "collect.protocol")


@row("I2")
def imap_list_is_tidied(lab):
    def odd(peer, wire, tag, line):
        wire.send(b"* SEARCH 9 3 9 3 400 5\r\n" + tag + b" OK done\r\n")
    result = lab.imap(ImapPeer(lab.tls(), MAILS, {"SEARCH": odd}))
    expect("uids", [m["uid"] for m in result["messages"]], [3, 5, 9])


# ---------------------------------------------------------------- what else the page of attacks names


@row("I1")
def imap_wrong_tag(lab):
    def other_tag(peer, wire, tag, line):
        wire.send(b"999 OK done\r\n")

    def no_tag(peer, wire, tag, line):
        wire.send(b"OK done\r\n")
    for name in ("CAPABILITY", "LOGIN", "EXAMINE", "SEARCH", "SIZE", "BODY"):
        for bend in (other_tag, no_tag):
            result = lab.imap(ImapPeer(lab.tls(), MAILS, {name: bend}))
            assert result["read"] in ("collect.protocol", "collect.connect", "collect.login"), (name, result)
            expect("kept after " + name, fetched(result), {})


@row("I1")
def imap_odd_numbers(lab):
    """None of them is a UID, a size or a count; whatever the reading, nothing is kept under it and nothing grows."""
    for number in (b"-1", b"4294967296", b"18446744073709551616", b"1e9", b"0x10", b"99999999999999999999999999"):
        def search(peer, wire, tag, line):
            wire.send(b"* SEARCH " + number + b"\r\n" + tag + b" OK done\r\n")

        def size(peer, wire, tag, line):
            wire.send(b"* 1 FETCH (UID 3 RFC822.SIZE " + number + b")\r\n" + tag + b" OK done\r\n")

        def examine(peer, wire, tag, line):
            wire.send(b"* " + number + b" EXISTS\r\n* OK [UIDVALIDITY " + number + b"] v\r\n* OK [UIDNEXT " + number + b"] n\r\n"
                      + tag + b" OK open\r\n")

        def body(peer, wire, tag, line):
            wire.send(b"* 1 FETCH (UID 3 BODY[] {" + number + b"}\r\nabc)\r\n" + tag + b" OK done\r\n")
        for name, bend in (("SEARCH", search), ("SIZE", size), ("EXAMINE", examine), ("BODY", body)):
            result = lab.imap(ImapPeer(lab.tls(), MAILS, {name: bend}))
            if name != "SIZE":
                assert not fetched(result) or fetched(result) == digests(MAILS), (name, number, result)
            assert result["ms"] < 6000 and result["rss_kb"] < 100000, (name, number, result)


@row("I1")
def imap_nested_lists(lab):
    def nested(peer, wire, tag, line):
        wire.send(b"* LIST " + b"(" * 5000 + b"\r\n" + tag + b" OK done\r\n")

    def thread(peer, wire, tag, line):
        wire.send(b"* THREAD " + b"(" * 15000 + b")" * 15000 + b"\r\n" + tag + b" OK done\r\n")
    for name in ("CAPABILITY", "EXAMINE", "SEARCH", "SIZE"):
        for bend in (nested, thread):
            result = lab.imap(ImapPeer(lab.tls(), MAILS, {name: bend}))
            assert result["ms"] < 6000, (name, result["ms"])
            assert result["read"] != "none" or name == "CAPABILITY" or not fetched(result), (name, result)


@row("I1")
def imap_bye_at_odd_moments(lab):
    def bye(peer, wire, tag, line):
        wire.send(b"* BYE going down\r\n")
        raise imap_peer.Bent

    def bye_within(peer, wire, tag, line):
        wire.send(b"* 1 FETCH (UID %d BODY[] {100}\r\nabc* BYE now\r\n" % peer.uid(line))
        raise imap_peer.Bent
    for name in ("GREETING", "CAPABILITY", "LOGIN", "EXAMINE", "SEARCH", "SIZE", "BODY", "IDLE"):
        result = lab.imap(ImapPeer(lab.tls(), MAILS, {name: bye}))
        assert result["read"] != "none", (name, result)
        assert result["ms"] < 6000, (name, result["ms"])
        if name != "IDLE":
            expect("kept after " + name, fetched(result), {})
    expect("kept", fetched(lab.imap(ImapPeer(lab.tls(), MAILS, {"BODY": bye_within}))), {})


@row("I1")
def imap_flood_of_flags(lab):
    def flags(peer, wire, tag, line):
        wire.send(b"* FLAGS (" + b" ".join(b"k%d" % i for i in range(20000)) + b")\r\n" + tag + b" OK [READ-ONLY] open\r\n")

    def changes(peer, wire, tag, line):
        for i in range(3000):
            wire.send(b"* %d FETCH (FLAGS (\\Seen \\Flagged k%d))\r\n" % (i + 1, i))
        wire.send(tag + b" OK done\r\n")
    for name, bend in (("EXAMINE", flags), ("SIZE", changes), ("BODY", changes)):
        result = lab.imap(ImapPeer(lab.tls(), MAILS, {name: bend}))
        expect("read after " + name, result["read"], "collect.protocol")
        assert result["rss_kb"] < 100000, result["rss_kb"]


@row("I2")
def imap_expunged_during_fetch(lab):
    def gone(peer, wire, tag, line):
        wire.send(b"* 1 EXPUNGE\r\n* 2 EXISTS\r\n" + tag + b" NO [EXPUNGEISSUED] some are gone\r\n")

    def gone_but_ok(peer, wire, tag, line):
        wire.send(b"* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n" + tag + b" OK done\r\n")

    def before(peer, wire, tag, line):
        wire.send(b"* 1 EXPUNGE\r\n* 2 EXISTS\r\n")
        return False
    expect("kept", fetched(lab.imap(ImapPeer(lab.tls(), MAILS, {"BODY": gone}))), {})
    expect("kept", fetched(lab.imap(ImapPeer(lab.tls(), MAILS, {"BODY": gone_but_ok}))), {})
    result = lab.imap(ImapPeer(lab.tls(), MAILS, {"BODY": before}))
    expect("kept", fetched(result), digests(MAILS))


@row("I2")
def imap_unasked_mail_beside_the_asked(lab):
    """Whole mails that nobody asked for, before, behind and instead of ours: none is taken for ours."""
    def before(peer, wire, tag, line):
        wire.send(b"* 2 FETCH (UID 5 BODY[] " + literal(b"unasked") + b")\r\n")
        return False if peer.uid(line) != 5 else None

    def header_of_other(peer, wire, tag, line):
        wire.send(b"* 2 FETCH (UID 77 BODY[HEADER] " + literal(b"From: x\r\n\r\n") + b")\r\n")
        return False
    result = lab.imap(ImapPeer(lab.tls(), {3: MAILS[3]}, {"BODY": before}))
    expect("read", result["read"], "collect.protocol")
    expect("kept", fetched(result), {})
    expect("kept", fetched(lab.imap(ImapPeer(lab.tls(), {3: MAILS[3]}, {"BODY": header_of_other}))), {})


@row("I3", "I4")
def imap_names_are_quoted(lab):
    """What stands in our own configuration may hold quotes and backslashes: one argument stays one argument."""
    peer = ImapPeer(lab.tls(), MAILS)
    lab.imap(peer, user='a"b\\c d', password='s"e\\c', folder='Dossier "x" \\ é')
    said = b"\n".join(peer.said)
    assert b'LOGIN "a\\"b\\\\c d" "s\\"e\\\\c"' in said, said
    peer = ImapPeer(lab.tls(), MAILS, password='s"e')
    lab.imap(peer, password='s"e', folder='../../etc/"passwd" x')
    peer = ImapPeer(lab.tls(), MAILS)
    lab.imap(peer, folder='../../etc/"passwd" x')
    assert b'EXAMINE "../../etc/\\"passwd\\" x"' in b"\n".join(peer.said), peer.said


@row("I4")
def imap_line_ends_make_no_command(lab):
    peer = ImapPeer(lab.tls(), MAILS, {"LOGIN": lambda p, wire, tag, line: wire.send(tag + b" OK in\r\n")})
    lab.imap(peer, user="a\r\nX DELETE INBOX", password="b\r\nX DELETE INBOX", folder="c\r\nX DELETE INBOX")
    assert not any(line.startswith(b"X DELETE") for line in peer.said), peer.said
    for auth, more in (("xoauth2", "AUTH=XOAUTH2"), ("oauthbearer", "AUTH=OAUTHBEARER")):
        peer = ImapPeer(lab.tls(), MAILS, more=more)
        lab.imap(peer, auth=auth, user="a\r\nX DELETE INBOX", password="b\r\nX DELETE INBOX")
        assert not any(line.startswith(b"X DELETE") for line in peer.said), peer.said


@row("I5")
def imap_alert_and_referral(lab):
    """They are heard and change nothing: no other server is asked, no text of theirs is kept."""
    def refer(peer, wire, tag, line):
        wire.send(tag + b" NO [REFERRAL imap://evil.exemple.fr/] go there\r\n")

    def alert(peer, wire, tag, line):
        wire.send(b"* OK [ALERT] your-password-is-old\r\n" + tag + b" OK [REFERRAL imap://evil.exemple.fr/] in\r\n")

    def referred(peer, wire, tag, line):
        wire.send(tag + b" NO [REFERRAL imap://evil.exemple.fr/INBOX] elsewhere\r\n")
    result = lab.imap(ImapPeer(lab.tls(), MAILS, {"LOGIN": refer}))
    expect("open", result["open"], "collect.login")
    result = lab.imap(ImapPeer(lab.tls(), MAILS, {"LOGIN": alert}))
    expect("bytes", fetched(result), digests(MAILS))
    assert b"your-password" not in result["log"].encode() and "evil" not in result["log"], result["log"]
    assert '"what":"alert"' in result["log"], result["log"]
    expect("read", lab.imap(ImapPeer(lab.tls(), MAILS, {"EXAMINE": referred}))["read"], "collect.folder")


@row("I5")
def imap_preauth_is_not_our_mailbox(lab):
    for auth, password in (("password", "secret"), ("xoauth2", "token"), ("oauthbearer", "token")):
        peer = ImapPeer(lab.tls(), MAILS, {"GREETING": lambda p, wire, tag, line: wire.send(b"* PREAUTH hello\r\n")}, more="AUTH=XOAUTH2 AUTH=OAUTHBEARER")
        expect("open", lab.imap(peer, auth=auth, password=password)["open"], "collect.login")
        assert password.encode() not in b"".join(peer.said), peer.said


@row("I5")
def imap_capabilities_count_when_asked_within_tls(lab):
    """Those of the greeting, in clear or not, are forgotten; a mechanism that is not told is not used, and its secret not sent."""
    for starttls in (False, True):
        peer = ImapPeer(lab.tls(), MAILS, {"GREETING": lambda p, wire, tag, line: wire.send(
            b"* OK [CAPABILITY IMAP4rev1 STARTTLS SASL-IR AUTH=XOAUTH2 IDLE CONDSTORE] hello\r\n")}, starttls=starttls, idle=False)
        result = lab.imap(peer, auth="xoauth2", password="token-of-ours", more=["starttls"] if starttls else ())
        expect("open", result["open"], "collect.login")
        expect("sasl", peer.sasl, [])
        peer = ImapPeer(lab.tls(), MAILS, {"GREETING": lambda p, wire, tag, line: wire.send(
            b"* OK [CAPABILITY IMAP4rev1 STARTTLS IDLE CONDSTORE] hello\r\n")}, starttls=starttls, idle=False)
        result = lab.imap(peer, more=["starttls"] if starttls else ())
        expect("idle", (result["read"], result["idle"]), ("none", False))
        assert b"CONDSTORE" not in b"".join(peer.said), peer.said
    # Asked before and behind the login: what it told before the login alone is not believed either.
    told = []

    def changing(peer, wire, tag, line):
        told.append(1)
        wire.send(b"* CAPABILITY IMAP4rev1" + (b" IDLE CONDSTORE" if len(told) == 1 else b"") + b"\r\n" + tag + b" OK done\r\n")
    result = lab.imap(ImapPeer(lab.tls(), MAILS, {"CAPABILITY": changing}))
    expect("asked", len(told), 2)
    expect("idle", result["idle"], False)


@row("I5")
def imap_capabilities_that_lie(lab):
    """Promised and not kept: CONDSTORE that EXAMINE refuses, IDLE that never answers, LOGINDISABLED, none at all."""
    def no_condstore(peer, wire, tag, line):
        wire.send(tag + b" BAD unknown argument\r\n")

    def silent(peer, wire, tag, line):
        peer.said.append(wire.line())
    expect("read", lab.imap(ImapPeer(lab.tls(), MAILS, {"EXAMINE": no_condstore}, more="CONDSTORE"))["read"], "collect.protocol")
    result = lab.imap(ImapPeer(lab.tls(), MAILS, {"IDLE": silent}))
    expect("read", (result["read"], fetched(result)), ("collect.connect", digests(MAILS)))
    peer = ImapPeer(lab.tls(), MAILS, more="LOGINDISABLED")
    expect("open", lab.imap(peer)["open"], "collect.login")
    assert b"secret" not in b"".join(peer.said), peer.said
    result = lab.imap(ImapPeer(lab.tls(), MAILS, {"CAPABILITY": lambda p, wire, tag, line: wire.send(tag + b" OK none\r\n")}))
    expect("read", (result["read"], result["idle"]), ("none", False))


@row("I6")
def imap_no_compression(lab):
    peer = ImapPeer(lab.tls(), MAILS, more="COMPRESS=DEFLATE BINARY LITERAL+ ENABLE QRESYNC")
    expect("read", lab.imap(peer)["read"], "none")
    said = b"\n".join(peer.said)
    assert not any(word in said for word in (b"COMPRESS", b"BINARY", b"ENABLE")), said


@row("I7")
def imap_token_refused_leaves_no_trace(lab):
    for auth, more in (("xoauth2", "AUTH=XOAUTH2 SASL-IR"), ("xoauth2", "AUTH=XOAUTH2"), ("oauthbearer", "AUTH=OAUTHBEARER")):
        peer = ImapPeer(lab.tls(), MAILS, more=more, token="another-token")
        result = lab.imap(peer, auth=auth, password="token-of-ours")
        expect("open", result["open"], "collect.login")
        expect("the error's challenge is cancelled", b"*" in peer.said, True)
        assert "token-of-ours" not in result["log"] and "invalid_token" not in result["log"], result["log"]


@row("HOW")
def imap_every_row_has_a_case(lab):
    expect("rows without a case", [one for one, cases in ROWS.items() if not cases], [])
    print("     IMAP cases by row: " + ", ".join("%s %d" % (one, len(cases)) for one, cases in ROWS.items()))
