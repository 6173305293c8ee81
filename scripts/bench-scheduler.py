#!/usr/bin/env python3
"""Times the scheduler beside APScheduler, croniter and cronsim.

    python scripts/bench-scheduler.py PATH/TO/perigee [--triggers 10000]

Burst: so many triggers are due at one instant, each with an action that does nothing. Ours are cron triggers over a store with
synchronous=FULL; a fire is claimed in one transaction with its task, and its run is a Lua script. APScheduler's are interval jobs in its
SQLAlchemy store on SQLite, with WAL and synchronous=NORMAL, and (a fifth as many) as shipped, run by ten threads.
Next: instants found one after the other on one core, for the same five expressions.
"""

import argparse
import calendar
import datetime
import http.client
import json
import logging
import os
import shutil
import subprocess
import tempfile
import threading
import time
import zoneinfo

EXPRESSIONS = ["0 2 * * *", "*/15 9-17 * * MON-FRI", "0 0 1,15 * *", "30 4 L * *", "*/5 * * * *"]


def send(connection, key, method, path, body=None):
    connection.request(method, path, body=None if body is None else json.dumps(body), headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{method} {path}: {answer.status} {text[:300]}")
    return json.loads(text)


def ours(binary, count):
    folder = tempfile.mkdtemp(prefix="perigee-bench-")
    server = subprocess.Popen([binary, "serve", "--store", f"{folder}/s.db", "--port", "0", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        banner = json.loads(server.stdout.readline())
        port, key = int(banner["url"].rsplit(":", 1)[1]), banner["key"]
        due = int(time.time()) + 10 + count // 800
        at = time.gmtime(due)
        body = {
            "action_type": "script", "action_config": {"script": "return 1"}, "trigger_type": "cron",
            "schedule_config": {"cron_expression": f"{at.tm_sec} {at.tm_min} {at.tm_hour} {at.tm_mday} {at.tm_mon} *"},
        }

        def create(share):
            connection = http.client.HTTPConnection("127.0.0.1", port)
            for _ in range(share):
                send(connection, key, "POST", "/v1/triggers", body)

        began = time.perf_counter()
        threads = [threading.Thread(target=create, args=(count // 8,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        added = count / (time.perf_counter() - began)
        if time.time() > due - 1:
            raise SystemExit("the machine was too slow to create the triggers in time; give fewer --triggers")
        connection = http.client.HTTPConnection("127.0.0.1", port)
        time.sleep(due - time.time())
        while send(connection, key, "POST", "/v1/tasks/list", {"limit": 1})["total_count"] < count:
            pass
        claimed = time.time() - due
        while send(connection, key, "POST", "/v1/tasks/list", {"limit": 1, "status": "COMPLETED"})["total_count"] < count:
            time.sleep(0.01)
        return {"added": added, "claimed": claimed, "completed": time.time() - due}
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


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
    arguments = parser.parse_args()
    count = arguments.triggers
    print(f"\n{count:,} triggers due at one instant (seconds until all are …)")
    print(f"  {'':44} {'added/s':>10} {'claimed':>9} {'run':>9} {'runs/s':>9}")
    mine = ours(arguments.binary, count)
    print(f"  {'perigee, over HTTP, synchronous=FULL, Lua':44} {mine['added']:>10,.0f} {mine['claimed']:>9.2f} {mine['completed']:>9.2f} {count / mine['completed']:>9,.0f}")
    for title, wal, share in (("APScheduler 3, WAL, synchronous=NORMAL", True, count), ("APScheduler 3, as shipped, a fifth as many", False, count // 5)):
        theirs = apscheduler(share, wal)
        print(f"  {title:44} {theirs['added']:>10,.0f} {'':>9} {theirs['completed']:>9.2f} {share / theirs['completed']:>9,.0f}")

    inner = json.loads(subprocess.run([arguments.binary, "bench-internal", "--json"], stdout=subprocess.PIPE, check=True, text=True).stdout)
    print("\nCron instants per second, one core")
    print(f"  {'':20} {'UTC':>14} {'New York':>14}")
    print(f"  {'perigee':20} {inner['cron_utc_per_second']:>14,.0f} {inner['cron_dst_per_second']:>14,.0f}")
    for kind in ("croniter", "cronsim"):
        print(f"  {kind:20} {python_next(kind, 'UTC'):>14,.0f} {python_next(kind, 'America/New_York'):>14,.0f}")


main()
