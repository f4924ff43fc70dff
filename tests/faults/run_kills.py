"""tests/faults/run_kills.py --bin DIR [--kills N] [--seconds S] [--report FILE]: kill -9 under load (kills.py), then every account is settled."""
import argparse
import json
import os
import shutil
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kills import Kills, report     # noqa: E402
from rig import Rig                 # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--kills", type=int, default=10000)
    parser.add_argument("--seconds", type=float, default=7200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report")
    args = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="relais-kills-")
    rig, figures, faults = Rig(folder, args.bin), {}, []
    try:
        rig.start()
        kills = Kills(rig, args.seed)
        seconds = kills.run(args.kills, args.seconds)
        rig.settle(600)
        figures, faults = report(rig, kills, args.kills, seconds)
    except Exception:
        faults.append(traceback.format_exc())
        print(rig.tail())
    finally:
        rig.stop()
        if not (faults and os.environ.get("RELAIS_KEEP")):
            shutil.rmtree(folder, ignore_errors=True)
    for key, value in figures.items():
        print(f"        {key}: {value}")
    for fault in faults:
        print("NOT OK  " + fault)
    if args.report:
        with open(args.report, "w") as f:
            json.dump({"figures": figures, "faults": faults}, f, indent=1)
    print(f"{int(not faults)} passed, {int(bool(faults))} failed, 0 skipped")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
