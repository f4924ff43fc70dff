#!/usr/bin/env python3
"""Drives the fuzz targets with libFuzzer under the address and undefined-behaviour sanitizers, for as long as it is told to.

    tests/fuzz/campaign.py [--runs 1000000] [--seconds N] [--jobs 2] [TARGET…]

Builds the preset `fuzz` (clang). Each target begins with what earlier campaigns found (build/fuzz-found/TARGET) and with the files of the
corpus that speak its language, when it is beside the project. For days: `--seconds 86400 --runs -1`. A finding is kept as
build/fuzz-found/TARGET-crash-… and told. Prints a line a target; exit status 0 only if every target was clean and did its runs."""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
sys.path.insert(0, os.path.join(ROOT, "tests"))
from run import seeds   # noqa: E402

FOUND, BUILD = os.path.join(ROOT, "build/fuzz-found"), os.path.join(ROOT, "build/fuzz")
INPUT_MAX, MEMORY_MB, HANG_SECONDS = 16384, 2048, 20
# What is freed is kept apart for as long as some inputs last, and no longer: with the sanitizer's own 256 MiB half of the time goes there.
ASAN = "detect_leaks=1:quarantine_size_mb=4:malloc_context_size=5"


def build():
    for command in (["cmake", "--preset", "fuzz"], ["cmake", "--build", "--preset", "fuzz", "--target", "fuzzers"]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stdout[-4000:] + done.stderr[-4000:])
    return sorted(name for name in os.listdir(os.path.join(BUILD, "fuzz")) if name.startswith("fuzz_") and "." not in name)


def first_corpus(name, folder):
    """The corpus' files as one folder of links: the fuzzer takes folders only."""
    os.makedirs(folder, exist_ok=True)
    for number, path in enumerate(seeds(name)):
        link = os.path.join(folder, f"{number:04d}")
        if not os.path.exists(link):
            os.symlink(path, link)
    return folder


def campaign(name, runs, seconds):
    """(name, runs done, per second, coverage, what was found or '')"""
    grown = os.path.join(FOUND, name)
    os.makedirs(grown, exist_ok=True)
    done = subprocess.run(
        [os.path.join(BUILD, "fuzz", name), grown, first_corpus(name, os.path.join(FOUND, "seeds-" + name)), f"-runs={runs}", f"-max_total_time={seconds}",
         f"-max_len={INPUT_MAX}", f"-rss_limit_mb={MEMORY_MB}", f"-timeout={HANG_SECONDS}", "-print_final_stats=1", f"-artifact_prefix={FOUND}/{name}-"],
        cwd=ROOT, capture_output=True, text=True, errors="replace", env=dict(os.environ, ASAN_OPTIONS=ASAN, UBSAN_OPTIONS="print_stacktrace=1"))
    figure = {key: int(value) for key, value in re.findall(r"^stat::(\w+):\s+(\d+)$", done.stderr, re.M)}
    coverage = re.findall(r"cov: (\d+)", done.stderr)
    found = "" if done.returncode == 0 else done.stderr[-3000:]
    return name, figure.get("number_of_executed_units", 0), figure.get("average_exec_per_sec", 0), coverage[-1] if coverage else "?", found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("targets", nargs="*")
    args = parser.parse_args()
    names = [name for name in build() if not args.targets or name in args.targets]
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for job in concurrent.futures.as_completed([pool.submit(campaign, name, args.runs, args.seconds) for name in names]):
            name, done, rate, coverage, found = job.result()
            bad += bool(found)
            print(f"{name:28} {done:10} runs {rate:8}/s  coverage {coverage:>6}  {'FOUND' if found else 'clean'}", flush=True)
            if found:
                print(found, flush=True)
    print(f"{len(names) - bad} clean, {bad} with findings")
    return 1 if bad or not names else 0


if __name__ == "__main__":
    sys.exit(main())
