"""The journey as a test: the straight line, the bad inputs, the walls of the roles, kills at every step, and tampering.

journey.py --bin DIR --cache DIR [--only GROUP,GROUP…]     (tampering is tried on the story's end)
Each case is a function; a failed one is told and the rest go on. Ends with 'N passed, N failed, N skipped'."""
import argparse
import os
import shutil
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import attackers                    # noqa: E402
import audit                        # noqa: E402
import bad                          # noqa: E402
import client_mode                  # noqa: E402
import copies                       # noqa: E402
import directory                    # noqa: E402
import keeper                       # noqa: E402
import keeping                      # noqa: E402
import keys                         # noqa: E402
import kills                        # noqa: E402
import leaks                        # noqa: E402
import lost                         # noqa: E402
import notices                      # noqa: E402
import outgoing                     # noqa: E402
import opinions                     # noqa: E402
import orders                       # noqa: E402
import own_mailboxes                # noqa: E402
import people                       # noqa: E402
import personas                     # noqa: E402
import recheck                      # noqa: E402
import rehearse                     # noqa: E402
import shield                       # noqa: E402
import routing                      # noqa: E402
import unread                       # noqa: E402
import staff                        # noqa: E402
import submission                   # noqa: E402
import trust                        # noqa: E402
import walls                        # noqa: E402
import encrypted                    # noqa: E402
import extensions                   # noqa: E402
import figures                      # noqa: E402
import intruder                     # noqa: E402
from rehearsal import Rehearsal     # noqa: E402
from story import Story             # noqa: E402
from world import World             # noqa: E402


class Results:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def case(self, name, function):
        begin = time.monotonic()
        try:
            function()
            self.passed += 1
            print(f"ok      {name} ({time.monotonic() - begin:.1f} s)", flush=True)
        except Exception:                               # a failed case is a result; the others still run
            self.failed += 1
            print(f"NOT OK  {name}\n" + traceback.format_exc(), flush=True)


def with_world(args, results, name, play, kind=World):
    """A world of its own for each group: what one group leaves cannot help or harm another."""
    folder = tempfile.mkdtemp(prefix="relais-journey-")
    world = kind(folder, args.bin, args.cache)
    try:
        world.start()
        play(world, folder)
        results.case(f"{name}: nothing of its patients in logs, lists, titles, files, notices", lambda: leaks.no_leak(world))
    except Exception:
        results.failed += 1
        print(f"NOT OK  {name}: the world did not stand\n" + traceback.format_exc(), flush=True)
    finally:
        world.stop()
        if results.failed and os.environ.get("RELAIS_KEEP"):
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def story(args, results):
    def play(world, folder):
        story = Story(world, lambda text: None)
        for step in ("ask", "complete", "triage", "accept", "annex", "opinion", "release", "proofs", "exchange", "revision", "withdrawal"):
            before = results.failed
            results.case(f"story: {step}", getattr(story, step))
            if results.failed > before:
                tell_state(world)
                return
        results.case("story: seal", lambda: story.seal(folder))
        results.case("story: reconcile", story.reconcile)
        # It counts rows before and after: none may come by itself.
        results.case("story: the past played and decided again", lambda: (world.rest(), rehearse.all_of_it(world, folder)))
        results.case("story: the database alone has nothing of what messages hold", lambda: walls.at_rest(world, story))
        results.case("story: the search for leaks finds what is planted, in each place", lambda: leaks.can_fail(world))
        results.case("story: the database writes no value into its log", lambda: leaks.database_is_quiet(world))
        results.case("story: reconcile notices any deleted row and any altered byte", lambda: walls.tamper(world))
    with_world(args, results, "story", play)


def tell_state(world):
    for words in (("queue",), ("quarantine", "list"), ("dossier", "list")):
        print(world.relais(*words, check=False).stdout)
    try:
        with open(os.path.join(world.dir, "log", "relais.log")) as f:
            print("".join(f.readlines()[-60:]))
    except OSError:
        pass


def group(module, name, tampered=True, kind=World):
    def play_group(args, results):
        def play(world, folder):
            for case_name, case in module.cases(world, Story(world, lambda text: None)):
                before = results.failed
                results.case(f"{name}: {case_name}", case)
                if results.failed > before:
                    tell_state(world)
            if tampered:
                results.case(f"{name}: reconcile notices any deleted row and any altered byte", lambda: walls.tamper(world))
        with_world(args, results, name, play, kind)
    return play_group


def client(args, results):
    """Client mode, once with the certificate and once with tokens."""
    for name, kind, cases in (("client", client_mode.ClientWorld, client_mode.certificate_cases),
                              ("client with tokens", client_mode.TokenWorld, client_mode.token_cases)):
        def play(world, _folder, name=name, cases=cases):
            for case_name, case in cases(world, None):
                before = results.failed
                results.case(f"{name}: {case_name}", case)
                if results.failed > before:             # each step stands on the one before
                    tell_state(world)
                    return
        with_world(args, results, name, play, kind)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--cache", required=True)
    parser.add_argument("--only", help="groups, separated by commas")
    args = parser.parse_args()
    results = Results()
    groups = {
        "story": story,
        "bad": group(bad, "bad input"),
        "shield": group(shield, "shield", tampered=False, kind=shield.ShieldWorld),
        "audit": group(audit, "audit", tampered=False, kind=audit.AuditWorld),
        "documents": group(orders, "documents"),
        "attackers": group(attackers, "attackers", tampered=False),
        "extensions": group(extensions, "extensions", tampered=False),
        "notices": group(notices, "notices"),
        "opinions": group(opinions, "opinions", tampered=False),
        "software": group(opinions.OwnSoftware, "own software", tampered=False),
        "submission": group(submission, "submission", tampered=False),
        "roles": group(walls, "roles", tampered=False),
        "walls": group(intruder, "walls", tampered=False, kind=encrypted.EncryptedWorld),
        "client": client,
        "mailboxes": group(own_mailboxes, "mailboxes", tampered=False),
        "keys": group(keys, "keys"),
        "outgoing": group(outgoing, "outgoing", kind=outgoing.ReadingWorld),
        "encrypted": group(encrypted, "encrypted", kind=encrypted.EncryptedWorld),
        "kill": group(kills, "kill"),
        "keeper": group(keeper, "keeper", tampered=False, kind=keeper.KeeperWorld),
        "trust": group(trust, "trust", tampered=False),
        "directory": group(directory, "directory", tampered=False),
        "requests": group(unread, "requests", tampered=False),
        "recheck": group(recheck, "recheck", tampered=False),
        "routing": group(routing, "routing", tampered=False, kind=routing.RoutingWorld),
        "keeping": group(keeping, "keeping", tampered=False, kind=keeper.KeeperWorld),
        "lost": group(lost, "lost", tampered=False),
        "export": group(copies, "export", tampered=False, kind=copies.World),
        "people": group(people, "people", tampered=False, kind=people.PeopleWorld),
        "staff": group(staff, "staff", tampered=False, kind=staff.StaffWorld),
        "figures": group(figures, "figures", tampered=False, kind=figures.FiguresWorld),
        "personas": group(personas, "personas", tampered=False, kind=Rehearsal),
    }
    wanted = args.only.split(",") if args.only else list(groups)
    if not set(wanted) <= set(groups):
        sys.exit(f"no such group among {args.only}; there are {', '.join(groups)}")
    for name in wanted:
        groups[name](args, results)
    print(f"{results.passed} passed, {results.failed} failed, 0 skipped")
    sys.exit(1 if results.failed else 0)


if __name__ == "__main__":
    main()
