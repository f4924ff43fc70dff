"""The account that every drill is judged by must see what it is there for: each case alters one thing behind the back of a rig whose account is
good. rig_test.py BIN"""
import collections
import contextlib
import os
import shutil
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kills                                # noqa: E402
import points                               # noqa: E402
from rig import Rig, patient_number         # noqa: E402


@contextlib.contextmanager
def altered(rig, there, back):
    """As the database's superuser, who may do anything: the triggers that forbid it are not asked."""
    rig.sql("set session_replication_role = replica; " + there)
    try:
        yield
    finally:
        rig.sql("set session_replication_role = replica; " + back)


def one_of(rig, query):
    return rig.rows(query + " limit 1")[0]


def twice(rig):
    """The recipients' server has one mail twice."""
    name = next(iter(rig.sink.mails))
    rig.sink.mails[name] += 1
    yield "came twice"
    rig.doubts += 1                     # unless somebody was killed who sent it
    yield None
    rig.doubts -= 1
    rig.sink.mails[name] -= 1


def two_effects(rig):
    """The patient is told twice under two names."""
    row = one_of(rig, "select id, code, dossier from relais.outbox where code = 'M06'")
    with altered(rig, f"update relais.outbox set code = 'M01' where id = {row['id']}", f"update relais.outbox set code = 'M06' where id = {row['id']}"):
        yield f"dossier {row['dossier']}, a life: made"


def never_made(rig):
    """A dossier without its M02."""
    row = one_of(rig, "select id, dossier from relais.outbox where code = 'M02'")
    with altered(rig, f"update relais.outbox set dossier = null, inbox = null where id = {row['id']}",
                 f"update relais.outbox set dossier = {row['dossier']}, inbox = (select min(id) from relais.inbox where dossier = {row['dossier']}) where id = {row['id']}"):
        yield f"dossier {row['dossier']}, a request: made"


def stands_still(rig):
    """A dossier whose report never went to the physician."""
    row = one_of(rig, "select id, dossier from relais.outbox where code = 'M64'")
    with altered(rig, f"update relais.outbox set dossier = null where id = {row['id']}", f"update relais.outbox set dossier = {row['dossier']} where id = {row['id']}"):
        yield "1 lives stand still"


def not_told(rig):
    row = one_of(rig, "select o.id from relais.outbox o join relais.inbox i on i.id = o.inbox where i.outcome = 'held' and o.code = 'M70'")
    with altered(rig, f"update relais.outbox set party = 'operator' where id = {row['id']}", f"update relais.outbox set party = 'sender' where id = {row['id']}"):
        yield "their sender told nothing"


def lost(rig):
    """An acknowledged message that the database does not have."""
    message = rig.make("record")
    message.acknowledged = True
    rig.messages[message.id] = message
    yield "acknowledged messages lost"
    del rig.messages[message.id]


def nobody_took_it(rig):
    name, n = rig.sink.mails.popitem()
    yield "accepted by nobody"
    rig.sink.mails[name] = n


def answered_early(rig):
    """An offer that was answered although nobody heard that it came; and one that never came."""
    row = one_of(rig, "select id, message_id from relais.outbox where code = 'M10'")
    with altered(rig, f"update relais.outbox set state = 'cancelled', reason = 'dossier.offer.over' where id = {row['id']}",
                 f"update relais.outbox set state = 'accepted', reason = null where id = {row['id']}"):
        yield "that had come were withdrawn"
        rig.doubts += 1
        yield None
        n = rig.sink.mails.pop(row["message_id"])
        yield "without their end"
        rig.sink.mails[row["message_id"]] = n
        rig.doubts -= 1


def written_down(rig):
    """A patient's number in a log, and a name in a journal."""
    path = os.path.join(rig.dir, "log/beside.log")
    for text, want in ((patient_number(rig.number), "a number"), ("M. Pat-Exercice", "PAT-EXERCICE")):
        with open(path, "w") as f:
            f.write(text)
        yield want
    os.unlink(path)


def few_kills(rig):
    """Each kind of process was hit, but all of them seldom."""
    done = kills.Kills(rig)
    for each, enough in ((3, False), (4, True)):
        done.counted = dict.fromkeys(kills.ORDER, each)
        faults = kills.report(rig, done, 96, 1)[1]
        assert faults == ([] if enough else ["36 kills on claimed work, less than half of 96"]), faults


def points_lost(_rig):
    """A walk whose scenario has lost a point, or in which one was tried in vain."""
    counts = {(process, point): 1 for process, all_of_it in points.REACHED.items() for point in all_of_it}
    tried = collections.Counter({("worker", "write"): 9, ("refresher", "write"): 1})
    reached = collections.Counter({("worker", "write"): 9})
    assert points.judge(reached, tried, counts) == []
    del counts["signer", "sync"]
    tried["keeper", "sync"] = 1
    assert points.judge(reached, tried, counts) == ["no hit in a whole run: signer sync", "never reached: keeper sync"]


def points_account(rig):
    """What one fault may cost is not given to the next; only what explains a second copy allows one."""
    before = {"copies beyond one": 1, "offers withdrawn that had come": 0, "stopped for a person, as they could not be searched": 0, "lives that stand still": 0}
    for step, doubts, stops in ((("deliverer", "sent", 1, False), 3, 0), (("deliverer", "commit-sent", 1, False), 1, 0), (("deliverer", "commit-sent", 1, True), 3, 0),
                                (("worker", "library", 1, False), 1, 1), (("signer", "allocate", 1, False), 1, 0)):
        points.allow(rig, step, before)
        assert (rig.doubts, rig.stops) == (doubts, stops), step
    rig.doubts = rig.stops = 0


CASES = (written_down, twice, answered_early, two_effects, never_made, stands_still, not_told, lost, nobody_took_it, few_kills, points_lost, points_account)


def seen(rig, case):
    for want in case(rig) or ():
        faults = rig.verdict()[1]
        assert any(want in fault for fault in faults) if want else not faults, (want, faults)
    assert not rig.verdict()[1], "good again"


def main():
    folder, passed, failed = tempfile.mkdtemp(prefix="relais-rig-"), 0, 0
    rig = Rig(folder, sys.argv[1])
    try:
        rig.start()
        for kind in ("request", "record", "life", "record"):
            rig.send(kind)
        rig.settle()
        assert not rig.verdict()[1], rig.verdict()
        for case in CASES:
            try:
                seen(rig, case)
                passed += 1
                print(f"ok      {case.__name__}", flush=True)
            except Exception:
                failed += 1
                print(f"NOT OK  {case.__name__}\n{traceback.format_exc()}", flush=True)
    finally:
        rig.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
