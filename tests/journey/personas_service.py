"""Journeys of those who run the service, and the clock by which all the others are played."""
import datetime

from world import wait_for


# ---------------------------------------------------------------- the clock itself

def clock(w, story):
    def tells():
        for text in (w.relais("clock", "show").stdout, w.relais("status", check=False).stdout):
            assert "RÉPÉTITION : identités d'essai seulement" in text or "REHEARSAL: test identities only" in text, text
        assert w.status()["rehearsal"]["rehearsal"] is True

    def never_back():
        before = w.now()
        for words, code in ((("until", (before - datetime.timedelta(minutes=1)).isoformat()), "clock.back"), (("forward", "-1d"), "usage"), (("forward", "1"), "usage"),
                            (("forward", "10951d"), "usage"), (("backward", "1d"), "usage"), (("until", "demain"), "usage")):
            done = w.relais("clock", *words, check=False)
            assert done.returncode != 0 and code in done.stderr, (words, done)
        assert before <= w.now() <= before + datetime.timedelta(minutes=1)

    def real_patients():
        """With real identities its workers do not start: nothing of a rehearsal is ever decided for a real patient."""
        path = f"{w.dir}/relais.conf"
        with open(path, encoding="utf-8") as f:
            kept = f.read()
        assert kept.count("test_identities = true;") == 1
        w.relais_stop()
        with open(path, "w", encoding="utf-8") as f:
            f.write(kept.replace("test_identities = true;", "test_identities = false;"))
        try:
            try:
                w.relais_start()
            except RuntimeError:
                w.started = True
            with open(f"{w.dir}/log/relais.log", encoding="utf-8") as f:
                wait_for("the refusal in the log", lambda: "rehearsal-refused" in f.read())
            wait_for("workers that end again and again", lambda: all(p["restarts"] > 0 for p in w.status()["processes"] if p["name"].startswith("worker")))
        finally:
            w.relais_stop()
            with open(path, "w", encoding="utf-8") as f:
                f.write(kept)
            w.relais_start()

    yield "the instance says that it is a rehearsal", tells
    yield "its clock does not go back, and understands no half words", never_back
    yield "real identities: its workers do not start", real_patients
