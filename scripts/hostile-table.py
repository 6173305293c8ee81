#!/usr/bin/env python3
"""Writes the table of what perigee, the common recipe and Redis do with the same hostile scripts.

    scripts/hostile-table.py [FOLDER] > Tests/ScriptingTests/Data/hostile.md

The common recipe is an allow-listed _ENV, a count hook, a capped allocator and text-only loading, over the same liblua5.4.a
(scripts/hostile-driver.c with -DRECIPE). Each script runs in a process of its own for at most three seconds. Redis runs Lua 5.1: what
fails there for want of 5.4's words counts as an error. `hang` in Redis means that it answered neither PING nor SCRIPT KILL. Where there is
no Redis, what the table says of it stays; scripts that are newer have a dash.
"""

import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

home = pathlib.Path(__file__).resolve().parent.parent
folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else home / "Tests/ScriptingTests/Data/hostile"
place = home / ".build/hostile"
PATIENCE = 3


def build(name, *more):
    place.mkdir(parents=True, exist_ok=True)
    wraps = [f"-Wl,--wrap={one}" for one in ("luaT_tryconcatTM", "luaC_fullgc", "luaT_gettmbyobj", "luaT_gettm")]
    recipe = "-DRECIPE" in more
    sources = [] if recipe else [str(path) for path in (home / "Sources/CLua").glob("*.c")]
    command = ["clang", "-O2", "-std=gnu2x", f"-I{home}/Sources/CLua/include", *more, *sources, f"{home}/scripts/hostile-driver.c", "-o", str(place / name),
               "-l:liblua5.4.a", "-lm", "-lpthread", "-ldl"] + ([] if recipe else wraps)
    subprocess.run(command, check=True)
    return str(place / name)


def process(binary, path):
    try:
        run = subprocess.run(["bash", "-c", f"ulimit -s 16384; exec '{binary}' -c '{path}'"], capture_output=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return "**hangs**", None
    if run.returncode < 0 or run.returncode > 128:
        code = -run.returncode if run.returncode < 0 else run.returncode - 128
        return {11: "**SIGSEGV**", 6: "**abort**"}.get(code, f"**signal {code}**"), None
    parts = run.stdout.decode(errors="replace").rstrip("\n").split("\t")
    return (parts[1], float(parts[-1])) if len(parts) >= 3 else ("?", None)


class Redis:
    def __init__(self, binary):
        self.binary, self.folder = binary, tempfile.mkdtemp()
        self.start()

    def start(self):
        self.path = f"{self.folder}/redis.sock"
        self.server = subprocess.Popen([self.binary, "--port", "0", "--unixsocket", self.path, "--save", "", "--lua-time-limit", "200", "--maxmemory", "64mb"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                self.ask(b"PING")
                return
            except OSError:
                time.sleep(0.02)

    def ask(self, *words, timeout=PATIENCE):
        with socket.socket(socket.AF_UNIX) as one:
            one.settimeout(timeout)
            one.connect(self.path)
            one.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
            answer = one.recv(65536)
            if not answer:
                raise ConnectionError
            return answer

    def run(self, source):
        try:
            answer = self.ask(b"EVAL", source, b"0", timeout=1)
            kind, text = answer[:1], answer.split(b"\r\n")[1 if answer[:1] == b"$" else 0]
            if kind == b"-":
                return "error"
            return text.decode(errors="replace").lstrip(":+")[:40] if kind != b"$" or text else ("nil" if answer.startswith(b"$-1") else text.decode())
        except socket.timeout:
            try:
                self.ask(b"PING", timeout=1)
                self.ask(b"SCRIPT", b"KILL", timeout=1)
                return "stopped by SCRIPT KILL"
            except OSError:
                self.restart()
                return "**hang**"
        except OSError:
            code = self.server.poll()
            self.restart()
            return f"**crash** ({code})"

    def restart(self):
        self.server.kill()
        self.server.wait()
        self.start()


def known_of_redis():
    """What the table says of Redis so far, by script."""
    table = home / "Tests/ScriptingTests/Data/hostile.md"
    rows = [line.strip("| \n").split(" | ") for line in table.read_text().splitlines() if line.startswith("| ")] if table.exists() else []
    return {row[0]: row[4] for row in rows if len(row) == 5}


def main():
    ours, recipe = build("ours"), build("recipe", "-DRECIPE")
    finder = subprocess.run([str(home / "scripts/fetch-redis")], capture_output=True, text=True)
    redis = Redis(finder.stdout.strip().split("\n")[-1]) if finder.returncode == 0 else None
    known = known_of_redis()
    rows, counts = [], {"ours": 0, "recipe": 0}
    for path in sorted(folder.glob("*.lua")):
        source = path.read_bytes()
        first = source.split(b"\n", 1)[0].decode(errors="replace")
        match = re.match(r"-- expect: (.*) within (\d+)", first)
        expected, limit = (match[1].split("|"), float(match[2])) if match else ([], 1000)
        cells = []
        for name, binary in (("ours", ours), ("recipe", recipe)):
            outcome, milliseconds = process(binary, path)
            good = (not expected or outcome in expected) and (milliseconds is None or milliseconds <= limit) and not outcome.startswith("**")
            counts[name] += good
            late = milliseconds is not None and milliseconds > limit
            shown = outcome if outcome.startswith("**") or good else f"**{outcome[:30]}**" + (f" after {milliseconds:.0f} ms" if late else "")
            cells.append(shown.replace("|", "\\|")[:60])
        cells.append(redis.run(source).replace("|", "\\|")[:40] if redis else known.get(path.stem, "-"))
        rows.append((path.stem, " or ".join(expected), *cells))
        print(path.stem, *cells, file=sys.stderr)
    if redis:
        redis.server.kill()
    print("# What hosts do with the hostile scripts\n")
    print(f"perigee: {counts['ours']} of {len(rows)} as expected; the common recipe: {counts['recipe']} of {len(rows)}. Written by scripts/hostile-table.py; what is not as expected is bold.\n")
    print("| script | expected | perigee | common recipe | Redis 7 (Lua 5.1) |\n|---|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


main()
