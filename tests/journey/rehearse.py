"""relais simulate past and replay over a real store: what was, played and decided again, and a change rehearsed. Nothing may be written by it."""
import json
import os

from database import sql


def rows_of(world):
    return sql(world, "select (select count(*) from relais.dossier_event) || ' ' || (select count(*) from relais.outbox) || ' ' || (select count(*) from relais.inbox)")


def past(world):
    dossiers = int(sql(world, "select count(*) from relais.dossier"))
    played = json.loads(world.relais("simulate", "past", "--json").stdout)
    assert played["requests"] == dossiers > 0, (played["requests"], dossiers)
    assert sum(s["at_end"] for s in played["states"]) == dossiers
    assert played["decisions"] > dossiers and played["complete"] > 0, played
    text = world.relais("simulate", "past").stdout
    assert str(dossiers) in text.splitlines()[0], text[:200]


def replay(world, *words):
    return json.loads(world.relais("simulate", "replay", "--json", *words).stdout)


def unchanged(world):
    """The rules of today decide as they did: on every message, act, timer and outcome of the story."""
    result = replay(world)
    assert result["decisions"] > 10 and not result["changed"], result
    assert result["differences"] == [] and result["decisions_differ"] == 0, result["differences"]


def changed(world, folder):
    """A gate that is opened, an expert who is taken away, a timer that comes sooner: each is told at the decision that it changes first."""
    expert = json.loads(sql(world, "select data from relais.expert where active order by rpps limit 1"))
    rules = {"gates": {"triage_by_nurse": False}, "experts": [dict(expert, capacity=0)]}
    path = os.path.join(folder, "change.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(rules, f)
    result = replay(world, "--rules", path)
    assert result["changed"] and result["dossiers_differ"] >= 1, result
    first = [d for d in result["differences"] if d["subject"].startswith("A-")][0]
    assert first["was"] != first["would"], first
    with open(path, "w", encoding="utf-8") as f:
        json.dump([{"setting": "offer_reminder", "value": "1 min"}], f)
    sooner = replay(world, "--settings", path)
    assert any("offer_reminder" in d["would"] for d in sooner["differences"]) or sooner["differences"] == [], sooner
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"rules": []}, f)
    done = world.relais("simulate", "replay", "--rules", path, check=False)
    assert done.returncode == 1 and "rules" in done.stderr, done


def all_of_it(world, folder):
    before = rows_of(world)
    past(world)
    unchanged(world)
    changed(world, folder)
    assert rows_of(world) == before, "a rehearsal wrote something"
