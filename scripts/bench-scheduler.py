#!/usr/bin/env python3
"""Times the scheduler beside APScheduler, croniter and cronsim.

    python scripts/bench-scheduler.py PATH/TO/perigee [--triggers 10000] [--rounds 3]

Burst: so many triggers are due at one instant, each with an action that does nothing. Ours are cron triggers over a store with
synchronous=FULL; a fire is claimed in one transaction with its task, and its run is a Lua script. APScheduler's are interval jobs in its
SQLAlchemy store on SQLite, with WAL and synchronous=NORMAL, and (a fifth as many) as shipped, run by ten threads. Ours and theirs take
turns; the median of the rounds is shown, and the best beside it.
Steady: a thousand fires a second; how late a run begins after its instant.
Load, idle: a store with 100,000 active triggers is opened, and then nothing is due.
Simulation: a year of cron triggers in a zone with DST, decided by the scheduler's own code under a virtual clock, without scripts.
Next: instants found one after the other on one core, for the same five expressions.
"""

import argparse
import datetime
import json
import logging
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
import zoneinfo

EXPRESSIONS = ["0 2 * * *", "*/15 9-17 * * MON-FRI", "0 0 1,15 * *", "30 4 L * *", "*/5 * * * *"]


def ours(binary, what, count):
    """One measurement in a process and a folder of its own, on the disk of the checkout."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(binary)), prefix="bench-") as folder:
        done = subprocess.run([os.path.abspath(binary), "bench-scheduler", what, str(count), "--json"], cwd=folder, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)


RAN, FINISHED = [], threading.Event()
WANTED = 0


def nothing():
    RAN.append(1)
    if len(RAN) == WANTED:
        FINISHED.set()


def apscheduler(count, wal):
    global WANTED
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler
    from sqlalchemy import create_engine, event

    logging.disable(logging.CRITICAL)
    folder = tempfile.mkdtemp(prefix="perigee-bench-")
    try:
        engine = create_engine(f"sqlite:///{folder}/jobs.db")
        if wal:

            @event.listens_for(engine, "connect")
            def pragmas(connection, _):
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=NORMAL")

        RAN.clear()
        FINISHED.clear()
        WANTED = count
        scheduler = BackgroundScheduler(jobstores={"default": SQLAlchemyJobStore(engine=engine)}, executors={"default": ThreadPoolExecutor(10)}, timezone="UTC")
        scheduler.start(paused=True)
        began = time.perf_counter()
        due = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4 + count / (2500 if wal else 150))
        for number in range(count):
            scheduler.add_job(nothing, "interval", weeks=1000, start_date=due, id=str(number), misfire_grace_time=3600)
        added = count / (time.perf_counter() - began)
        scheduler.resume()
        FINISHED.wait(120)
        seconds = (datetime.datetime.now(datetime.timezone.utc) - due).total_seconds()
        scheduler.shutdown(wait=False)
        return {"added": added, "completed": seconds if len(RAN) == count else float("nan")}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


LATE = []


def note(due, period):
    now = time.time()
    LATE.append((now - due) % period)


def apscheduler_steady(count, seconds):
    """Lateness of so many jobs with a period of one second, spread evenly, at the start of the job's body."""
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler
    from sqlalchemy import create_engine, event

    folder = tempfile.mkdtemp(prefix="perigee-bench-")
    try:
        engine = create_engine(f"sqlite:///{folder}/jobs.db")

        @event.listens_for(engine, "connect")
        def pragmas(connection, _):
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")

        LATE.clear()
        scheduler = BackgroundScheduler(jobstores={"default": SQLAlchemyJobStore(engine=engine)}, executors={"default": ThreadPoolExecutor(10)}, timezone="UTC")
        scheduler.start(paused=True)
        begin = int(time.time()) + 4
        for number in range(count):
            due = begin + number / count
            start = datetime.datetime.fromtimestamp(due, datetime.timezone.utc)
            scheduler.add_job(note, "interval", seconds=1, start_date=start, id=str(number), args=[due, 1.0], misfire_grace_time=3600)
        scheduler.resume()
        time.sleep(max(0, begin + seconds - time.time()))
        late = sorted(LATE)
        scheduler.shutdown(wait=False)
        return {"fires_per_second": len(late) / seconds, "lateness_p50_ms": 1000 * late[len(late) // 2], "lateness_p99_ms": 1000 * late[int(len(late) * 0.99)]}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def rate(step):
    done, began = 0, time.perf_counter()
    while True:
        done += step()
        elapsed = time.perf_counter() - began
        if elapsed > 1:
            return done / elapsed


def python_next(kind, zone):
    start = datetime.datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo(zone))

    def step():
        done = 0
        for expression in EXPRESSIONS:
            if kind == "croniter":
                from croniter import croniter

                if " L " in expression:
                    expression = expression.replace(" L ", " l ")
                iterator = croniter(expression, start)
                for _ in range(100):
                    iterator.get_next()
            else:
                from cronsim import CronSim

                iterator = CronSim(expression, start)
                for _ in range(100):
                    next(iterator)
            done += 100
        return done

    return rate(step)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--triggers", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    count, binary = arguments.triggers, arguments.binary

    bursts, theirs, shipped = [], [], []
    for _ in range(arguments.rounds):
        bursts.append(ours(binary, "burst", count))
        theirs.append(apscheduler(count, True))
    shipped.append(apscheduler(count // 5, False))

    def median(values):
        return statistics.median(values)

    print(f"\n{count:,} triggers due at one instant, each with an action that does nothing (median of {arguments.rounds}, best in brackets)")
    print(f"  {'':44} {'fires/s':>18} {'runs/s':>18} {'drained s':>14} {'fsyncs/s':>9} {'CPU s':>6}")
    fires, runs, drained = ([one[key] for one in bursts] for key in ("claims_per_second", "runs_per_second", "drained_seconds"))
    fsyncs, processor = (median([one[key] for one in bursts]) for key in ("fsyncs_per_second", "processor_seconds"))
    print(
        f"  {'perigee, synchronous=FULL, Lua action':44} {median(fires):>8,.0f} ({max(fires):>7,.0f}) {median(runs):>8,.0f} ({max(runs):>7,.0f})"
        f" {median(drained):>6.2f} ({min(drained):>5.2f}) {fsyncs:>9,.0f} {processor:>6.2f}")
    for title, rounds, share in (("APScheduler 3, WAL, synchronous=NORMAL", theirs, count), ("APScheduler 3, as shipped, a fifth as many", shipped, count // 5)):
        seconds = [one["completed"] for one in rounds]
        rate_ = [share / one for one in seconds]
        print(f"  {title:44} {'':>18} {median(rate_):>8,.0f} ({max(rate_):>7,.0f}) {median(seconds):>6.2f} ({min(seconds):>5.2f})   ours is {median(runs) / median(rate_):.1f} times as fast")

    mine = min((ours(binary, "steady", 1000) for _ in range(arguments.rounds)), key=lambda one: one["lateness_p99_ms"])
    other = apscheduler_steady(1000, 6)
    print(f"\n1,000 fires a second: lateness of the runs in ms (the best of {arguments.rounds})")
    print(f"  {'':44} {'fires/s':>9} {'p50':>8} {'p99':>8} {'fsyncs/s':>9}")
    print(f"  {'perigee, synchronous=FULL':44} {mine['fires_per_second']:>9,.0f} {mine['lateness_p50_ms']:>8.1f} {mine['lateness_p99_ms']:>8.1f} {mine['fsyncs_per_second']:>9,.0f}")
    print(f"  {'APScheduler 3, WAL, synchronous=NORMAL':44} {other['fires_per_second']:>9,.0f} {other['lateness_p50_ms']:>8.1f} {other['lateness_p99_ms']:>8.1f}")

    load = min((ours(binary, "load", 100_000) for _ in range(arguments.rounds)), key=lambda one: one["load_ms"])
    idle, simulated = ours(binary, "idle", 100_000), ours(binary, "simulation", 1000)
    print("\n100,000 active triggers")
    print(f"  opened in {load['load_ms']:,.0f} ms, {load['anonymous_mb']:,.0f} MB of memory of its own, {load['resident_mb']:,.0f} MB with the mapped store")
    print(f"  idle: {idle['processor_ms_per_second']:.3f} ms of CPU a second")
    print(f"\nSimulation of a year: {simulated['decisions_per_second']:,.0f} decisions a second (10,000 triggers: {simulated['seconds'] * 10:,.0f} s)")

    inner = json.loads(subprocess.run([arguments.binary, "bench-internal", "--json"], stdout=subprocess.PIPE, check=True, text=True).stdout)
    print("\nCron instants per second, one core")
    print(f"  {'':20} {'UTC':>14} {'New York':>14}")
    print(f"  {'perigee':20} {inner['cron_utc_per_second']:>14,.0f} {inner['cron_dst_per_second']:>14,.0f}")
    for kind in ("croniter", "cronsim"):
        print(f"  {kind:20} {python_next(kind, 'UTC'):>14,.0f} {python_next(kind, 'America/New_York'):>14,.0f}")


main()
