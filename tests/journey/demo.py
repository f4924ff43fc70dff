"""./demo: the main job, shown. Everything real: PostgreSQL, Postfix, Dovecot, TLS, the signatures and the processes."""
import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import documents                                        # noqa: E402
from correspondents import MAIL_PASSWORD, versions      # noqa: E402
from story import Story                                 # noqa: E402
from world import EXPERT, PATIENT, World                # noqa: E402


def stay(world):
    print(f"""
--keep : tout tourne encore. Ctrl-C arrête.
  relais (ligne de commande) : {world.bin}/relais dossier list --dir {world.dir}
  SMTP du service            : 127.0.0.1:{world.port} (STARTTLS, certificat client exigé)
  IMAPS des correspondants   : 127.0.0.1:{world.correspondents.imap_port}, mot de passe {MAIL_PASSWORD}
     experte {EXPERT}, patiente {PATIENT} ; autorité de test {world.anchors}
""", flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        pass


def main():
    parser = argparse.ArgumentParser(prog="demo")
    parser.add_argument("--bin", required=True)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    folder = os.environ.get("RELAIS_DEMO_FOLDER") or tempfile.mkdtemp(prefix="relais-demo-")
    out = os.path.join(folder, "resultat")
    os.makedirs(out, exist_ok=True)
    cache = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(args.bin))), "correspondents")
    world, status = None, 1
    begin = time.monotonic()
    try:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        os.chmod(folder, 0o755)                         # the processes run under users of their own
        world = World(os.path.join(folder, "essai"), args.bin, cache)
        print(f"Relais, démonstration. Documents : {'échantillons de l’agence nationale' if documents.corpus() else 'échantillons du projet'}, "
              "une seule identité de test publiée.")
        world.start()
        print(f"[{time.monotonic() - begin:6.2f} s]  0. Relais tourne ; correspondants : {versions(world.correspondents.root)}.", flush=True)
        story = Story(world, lambda text: print(text, flush=True))
        story.begin = begin
        story.play(out)
        status = 0
        print(f"Toutes les étapes ont tenu, en {time.monotonic() - begin:.1f} s. Le rapport remis et ses pièces : {out}")
        if args.keep:
            stay(world)
    except Exception as e:                              # every failure is shown with what helps to find its cause
        traceback.print_exc()
        print(f"ÉCHEC : {e}\nJournaux : {folder}/essai/relais/log et {folder}/essai/autres", file=sys.stderr)
    finally:
        if world:
            world.stop()
        if status == 0:
            shutil.rmtree(os.path.join(folder, "essai"), ignore_errors=True)   # only what was delivered is kept
    sys.exit(status)


if __name__ == "__main__":
    main()
