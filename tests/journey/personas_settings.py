"""The operator sets spans and hours: what waits follows at once, and what has come does not come again."""
import datetime
import json

from rehearsal import PATIENTS, Dossier, Experts, ends


def settings(w, story):
    d, experts, known = Dossier(w, story, PATIENTS["2.8"]), Experts(w), {}

    def load(name, items):
        path = f"{w.dir}/{name}.json"
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"settings": [{"setting": k, "value": v} for k, v in items.items()]}, f)
        return w.relais("settings", "import", path, check=False)

    def shown():
        return {r["setting"]: r for r in w.relais("settings", "list", as_json=True)}

    def refused():
        for items, word in (({"offer_reminder": "3 h", "offer_remainder": "3 h"}, "no setting has that name"), ({"offer_reminder": "0 h"}, "none that this setting may have"),
                            ({"window.patients": "20:00-9:00"}, "none that this setting may have"), ({"due_soon": "4 wh"}, "none that this setting may have")):
            done = load("wrong", items)
            assert done.returncode == 1 and word in done.stderr, done
        rows = shown()
        assert len(rows) > 50 and all(r["version"] is None and r["value"] == r["default"] and r["source"] for r in rows.values()), "nothing was loaded"

    def follows():
        w.next_day(0, 9)
        d.request()
        d.record()
        d.reaches("triage")
        d.do("triage")
        known["first"], _ = experts.asked(d)
        at = d.told("offered")
        assert "version 1" in load("right", {"offer_reminder": "3 h"}).stdout
        row = shown()["offer_reminder"]
        assert (row["value"], row["default"], row["version"]) == ("3 h", "12 h", 1), row
        w.until(at + datetime.timedelta(hours=2, minutes=30))
        experts.boxes[known["first"]].nothing()
        w.until(at + datetime.timedelta(hours=3, minutes=5))
        experts.boxes[known["first"]].take("Rappel")
        passed = d.events("deadline_passed")[-1]
        due = datetime.datetime.fromisoformat(passed["data"]["text"].split()[0])
        assert passed["data"]["id"] == "offer_reminder" and passed["data"]["text"].endswith(" setting/1"), passed
        assert abs(due - at - datetime.timedelta(hours=3)) < datetime.timedelta(seconds=1) and passed["rule"] == "deadline.offer_reminder/1", (passed, at)

    def once():
        assert "version 1" in load("right", {"offer_reminder": "3 h"}).stdout, "unchanged, it keeps its version"
        assert "version 2" in load("usual", {"offer_reminder": "default"}).stdout
        w.forward(hours=11)
        experts.boxes[known["first"]].nothing()
        assert len(d.mails("M11")) == 1 and shown()["offer_reminder"]["value"] == "12 h"
        ends(d)

    yield "a file with one wrong item loads nothing", refused
    yield "a shorter reminder reaches a dossier that waits already", follows
    yield "what has come does not come again by the old span", once
