#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each message once: what a destination holds is counted here by SHA-256,
with imaplib or from the fake server's files, and never by our own report.

    once.py spool SPOOL                 what there is to be
    once.py store DIR                   what the fake server keeps
    once.py there PORT USER             what a real server gives
    once.py kills PORT SPOOL N SEED [LOAD OPTIONS]
    once.py steps PORT SPOOL PROGRAM NAME [LOAD OPTIONS]
    once.py proxies PORT SPOOL PROXY PLACES NAME [LOAD OPTIONS]
    once.py sick SPOOL FILE
    once.py faults SPOOL SHIM KIND ERRNO,... PART/PARTS
    once.py signals SPOOL N SEED
    once.py cuts SPOOL EVERY PART/PARTS [FAKE OPTIONS] [-- LOAD OPTIONS]

The first three print "FOLDER SHA256" lines, sorted.  The others print a
line for each thing that is wrong, and on stderr how much was tried; status 1
when something was wrong.  $POSTROAD, $FAKE, $PW_FILE.
"""
import collections
import concurrent.futures
import hashlib
import imaplib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

POSTROAD = os.environ.get("POSTROAD", "postroad")
FAKE = os.environ.get("FAKE", "")
PW_FILE = os.environ.get("PW_FILE", "pw")
JOBS = int(os.environ.get("ONCE_JOBS", "4"))
HOW = ["--tls", "none", "--password-file", PW_FILE, "--json"]


def sha(data):
    return hashlib.sha256(data).hexdigest()


def in_spool(spool):
    """(folder, sha256) of every file in the spool."""
    top = os.path.join(spool, "mail")
    found = collections.Counter()
    for path, _, files in os.walk(top):
        if os.path.basename(path) != "cur":
            continue
        box = os.path.relpath(os.path.dirname(path), top)
        for f in files:
            with open(os.path.join(path, f), "rb") as m:
                found[box, sha(m.read())] += 1
    return found


def in_store(store):
    """The same of the fake server's directory."""
    found = collections.Counter()
    for box in os.listdir(store):
        path = os.path.join(store, box)
        if box.startswith(".") or not os.path.isdir(path):
            continue
        for f in os.listdir(path):
            if re.fullmatch("[0-9]{10}", f):
                with open(os.path.join(path, f), "rb") as m:
                    found[box, sha(m.read())] += 1
    return found


def log_in(port, user):
    im = imaplib.IMAP4("127.0.0.1", int(port))
    with open(PW_FILE) as f:
        im.login(user, f.readline().strip())
    return im


def in_mailbox(port, user):
    """The same of a real mailbox, with every body read; folders below INBOX,
    and '.' between them, are the server's way."""
    im = log_in(port, user)
    found = collections.Counter()
    for line in im.list()[1]:
        m = re.fullmatch(rb'\((.*?)\) \S+ (?:"(.*)"|(\S+))', line)
        if b"\\Noselect" in m[1]:
            continue
        box = (m[2] or m[3]).decode()
        n = int(im.select('"%s"' % box, readonly=True)[1][0])
        if n == 0:
            continue
        path = re.sub(r"^INBOX[./]", "", box).replace(".", "/")
        for part in im.fetch("1:*", "(BODY.PEEK[])")[1]:
            if isinstance(part, tuple):
                found[path, sha(part[1])] += 1
    im.logout()
    return found


def show(found):
    for (box, digest), n in sorted(found.items()):
        for _ in range(n):
            print(box, digest)


def differ(got, want):
    """What is wrong, in words; '' when nothing is."""
    lost, more = want - got, got - want
    return "; ".join(
        ["%d missing" % sum(lost.values())] * bool(lost)
        + ["%d too many" % sum(more.values())] * bool(more))


def copy(spool, to):
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(spool, to, symlinks=True)


def run(*args, env=None):
    """A run to its end: status, JSON, what it said."""
    p = subprocess.run([POSTROAD, *args], capture_output=True, text=True,
                       timeout=120, env=dict(os.environ, **(env or {})))
    try:
        out = json.loads(p.stdout)
    except ValueError:
        out = {}
    return p.returncode, out, p.stderr


def unbalanced(out):
    """The fates of a finished load have to add up, all of them good."""
    bad = []
    if out.get("announced", -1) != out.get("loaded", 0) + out.get(
            "unchanged", 0):
        bad.append("sums %s" % {k: out.get(k) for k in (
            "announced", "loaded", "unchanged", "refused", "lost",
            "pending")})
    if out.get("maybe_twice"):
        bad.append("maybe_twice %d" % out["maybe_twice"])
    return bad


def resumed(mine, store, url, want):
    """Run again, now that all is well, and what is wrong then."""
    rc, out, err = run("load", *HOW, mine, url)
    bad = ["status %d: %s" % (rc, err[-300:])] if rc != 0 else []
    bad += unbalanced(out)
    d = differ(in_store(store), want)
    if d:
        bad.append(d)
    return ["then, " + b for b in bad]


def verified(mine, url):
    """What the command verify has to say against it."""
    rc, _, err = run("verify", *HOW, mine, url)
    return ["verify %d: %s" % (rc, err[-300:])] if rc != 0 else []


def side_by_side(do, cases):
    """do(*case) for each; its answers, in order."""
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        return [f.result() for f in [pool.submit(do, *c) for c in cases]]


def shared(cases, part):
    """PART "2/5": the third of each five."""
    part, parts = (int(n) for n in part.split("/"))
    return cases[part::parts]


class Tally:
    def __init__(self):
        self.lock = threading.Lock()
        self.bad = []
        self.n = collections.Counter()

    def add(self, what, k=1):
        with self.lock:
            self.n[what] += k
            return self.n[what]

    def wrong(self, text):
        with self.lock:
            self.bad.append(text)

    def end(self):
        for b in self.bad[:40]:
            print(b)
        print(", ".join("%d %s" % (v, k) for k, v in self.n.items()),
              file=sys.stderr)
        return 1 if self.bad else 0


# ------------------------------------------------------------------- kills

def kill_trial(t, number, port, spool, want, seed, total, usual, options):
    """One mailbox: killed at random times until a run comes through."""
    rng = random.Random("%s/%d" % (seed, number))
    user, mine = "k%s-%d" % (seed, number), "kill-%d.spool" % number
    dest = "imap://%s@127.0.0.1:%s/" % (user, port)
    times, most = [], rng.randint(1, 9)
    copy(spool, mine)
    while True:
        p = subprocess.Popen([POSTROAD, "load", *HOW, *options, mine, dest],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             start_new_session=True)
        after = rng.uniform(0, usual * rng.choice((0.3, 1, 1.3)))
        if len(times) >= most or t.n["kills"] >= total + JOBS:
            after = 100
        try:
            out, err = p.communicate(timeout=after)
            break
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            p.communicate()
            times.append("%.0f" % (after * 1000))
            t.add("kills")
    bad = []
    if p.returncode != 0:
        bad.append("status %d: %s" % (p.returncode, err.decode()[-300:]))
    else:
        bad += unbalanced(json.loads(out))
    d = differ(in_mailbox(port, user), want)
    if d:
        bad.append(d)
    bad += verified(mine, dest)
    t.add("mailboxes")
    for b in bad:
        t.wrong("mailbox %s, killed after %s ms: %s" % (user, " ".join(times),
                                                        b))
    if not bad:
        shutil.rmtree(mine)


def kills(port, spool, total, seed, *options):
    t, want = Tally(), in_spool(spool)
    options = list(options)
    copy(spool, "usual.spool")
    start = time.monotonic()
    rc, out, err = run("load", *HOW, *options, "usual.spool",
                       "imap://usual%s@127.0.0.1:%s/" % (seed, port))
    usual = time.monotonic() - start
    if rc != 0:
        t.wrong("a run that is not killed: %d: %s" % (rc, err))
        return t.end()
    number = iter(range(10 ** 6))

    def work():
        while t.n["kills"] < int(total) and len(t.bad) < 20:
            with t.lock:
                k = next(number)
            kill_trial(t, k, port, spool, want, seed, int(total), usual,
                       options)

    side_by_side(work, [()] * JOBS)
    return t.end()


# ------------------------------------------------------- steps and proxies

def ended(port, user, mine, want, options=()):
    """Run to the end on a real server, and what is wrong then."""
    dest = "imap://%s@127.0.0.1:%s/" % (user, port)
    rc, out, err = run("load", *HOW, *options, mine, dest)
    bad = unbalanced(out)
    if rc != 0:
        bad.append("status %d: %s" % (rc, err[-300:]))
    d = differ(in_mailbox(port, user), want)
    if d:
        bad.append(d)
    bad += verified(mine, dest)
    if not bad:
        shutil.rmtree(mine)
    return bad


def steps(port, spool, program, name, *options):
    """Killed at each durable step (core/step.h), and run again."""
    t, want = Tally(), in_spool(spool)
    number = iter(range(1, 1000))
    last = []

    def work():
        while not last:
            with t.lock:
                n = next(number)
            user, mine = "step%s-%d" % (name, n), "step%d.spool" % n
            copy(spool, mine)
            rc = subprocess.run(
                [program, "load", "-q", "--tls", "none", "--password-file",
                 PW_FILE, *options, mine,
                 "imap://%s@127.0.0.1:%s/" % (user, port)],
                env=dict(os.environ, STEP_AT=str(n)),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ).returncode
            if rc == 100:
                t.add("steps")
            else:
                last.append(n)
                if rc != 0:
                    t.wrong("step %d: status %d" % (n, rc))
            for b in ended(port, user, mine, want, options):
                t.wrong("step %d: %s" % (n, b))

    side_by_side(work, [()] * JOBS)
    if t.n["steps"] < 12:
        t.wrong("only %d steps" % t.n["steps"])
    return t.end()


def through(proxy, port, way, at, spool, user, options):
    """A load through a line that breaks: its status, and bytes each way."""
    p = subprocess.Popen([proxy, str(port), way, str(at)], text=True,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    to = p.stdout.readline().strip()
    rc = run("load", *HOW, *options, spool,
             "imap://%s@127.0.0.1:%s/" % (user, to))[0]
    p.stdin.close()
    told = [[int(n) for n in x.split()[1:]] for x in p.stdout]
    p.wait()
    p.stdout.close()
    return rc, [max(n) for n in zip(*told)]


def proxies(port, spool, proxy, places, name, *options):
    """The line to a real server is cut at so many places, each way; it has
    kept what it got, too ("lose": the answer is what is lost)."""
    t, want = Tally(), in_spool(spool)
    copy(spool, "pass.spool")
    rc, size = through(proxy, port, "pass", 0, "pass.spool", "pass" + name,
                       options)
    if rc != 0:
        t.wrong("without a cut: status %d" % rc)
        return t.end()
    cases = []
    for way in "up", "down", "lose":
        total = size[0] if way == "up" else size[1]
        every = total // int(places) + 1
        cases += [(way, at) for at in range(every // 2 + 1, total, every)]

    def one(way, at):
        user = "%s%s-%d" % (way, name, at)
        mine = user + ".spool"
        copy(spool, mine)
        rc = through(proxy, port, way, at, mine, user, options)[0]
        t.add("%s: %d" % (way, rc))
        if rc not in (0, 75, 76):
            t.wrong("%s: status %d" % (user, rc))
        for b in ended(port, user, mine, want, options):
            t.wrong("%s: %s" % (user, b))

    side_by_side(one, cases)
    return t.end()


# -------------------------------------------------------------------- cuts

class Fake:
    """The fake server, with a store of its own."""

    def __init__(self, store, *options):
        os.makedirs(store, exist_ok=True)
        self.p = subprocess.Popen([FAKE, "--store", store, *options],
                                  stdout=subprocess.PIPE, text=True)
        self.url = "imap://mary@127.0.0.1:%s/" % self.p.stdout.readline(
            ).strip()

    def stop(self):
        self.p.terminate()
        self.p.wait()
        self.p.stdout.close()


def boundaries(data):
    """Where lines and literals begin and end, and beside it."""
    at = set()
    for m in re.finditer(rb"\r\n", data):
        at.update((m.start(), m.start() + 1, m.end(), m.end() + 1))
    return at


def cut_case(t, want, spool, way, at, how, caps, load_options):
    name = "cut-%s-%d-%s" % (way, at, "-".join(how + caps).replace("/", ""))
    store, mine = name + ".st", name + ".spool"
    copy(spool, mine)
    fake = Fake(store, "--cut-" + way, str(at), *how, *caps)
    bad, status = [], []
    # half of them give up at once, so that another process has to find out
    first = ["--max-wait", "0"] if at % 2 else []
    for more in (first, [], []):
        rc, out, err = run("load", *HOW, *load_options, *more, mine,
                           fake.url)
        status.append(rc)
        if rc not in (0, 75):
            bad.append("status %d: %s" % (rc, err[-200:]))
        if rc == 0:
            break
    if status[-1] != 0:
        bad.append("it does not come to an end: %s" % err[-200:])
    else:
        bad += unbalanced(out)
    if "--keep-late" in how:
        time.sleep(0.7)
    d = differ(in_store(store), want)
    if d:
        bad.append(d)
    bad += verified(mine, fake.url)
    fake.stop()
    t.add("cuts")
    for b in bad:
        t.wrong("%s: %s %s" % (name, status, b))
    if not bad:
        shutil.rmtree(mine)
        shutil.rmtree(store)


def cuts(spool, every, part, *options):
    """Cut after byte 1, 1 + EVERY, ... and at all boundaries of a load, each
    way, whatever the server does with the message.  PART "2/5": only the
    third of each five."""
    t, want = Tally(), in_spool(spool)
    caps, load_options = list(options), []
    if "--" in caps:
        load_options = caps[caps.index("--") + 1:]
        caps = caps[:caps.index("--")]
    shutil.rmtree("whole.st", ignore_errors=True)
    for way in "in", "out":
        open("whole." + way, "wb").close()
    fake = Fake("whole.st", "--tee", "whole", *caps)
    copy(spool, "whole.spool")
    rc, out, err = run("load", *HOW, *load_options, "whole.spool", fake.url)
    fake.stop()
    if rc != 0 or in_store("whole.st") != want:
        t.wrong("without a cut: %d: %s" % (rc, err))
        return t.end()
    cases = []
    for way, hows in (("in", ([], ["--half"])),
                      ("out", ([], ["--lose"], ["--keep-late", "600"]))):
        with open("whole." + way, "rb") as f:
            data = f.read()
        if not data:
            t.wrong("there is no such connection")
        places = set(range(1, len(data) + 1, int(every)))
        if int(every) > 1:
            places |= boundaries(data)
        for at in sorted(places):
            for how in hows:
                cases.append((way, at, how))
    side_by_side(cut_case, [(t, want, spool, *c, caps, load_options)
                            for c in shared(cases, part)])
    shutil.rmtree("whole.st")
    return t.end()


# -------------------------------------------------------------------- sick

def fates(out):
    return sum(out.get(k) or 0 for k in (
        "loaded", "unchanged", "refused", "pending", "lost"))


def sick_case(number, line, spool, want):
    """'ID: TEXT | STATUS | SECONDS | FAKE OPTIONS | LOAD OPTIONS'"""
    what, status, limit, how, load_options = (
        x.strip() for x in line.split("|"))
    status, _, wanted = status.partition(" ")
    store, mine = "sick-%d.st" % number, "sick-%d.spool" % number
    copy(spool, mine)
    shutil.rmtree(store, ignore_errors=True)
    bad = []
    fake = Fake(store, *[x.replace("_", " ") for x in how.split()])
    start = time.monotonic()
    try:
        rc, out, err = run("load", *HOW, *load_options.split(), mine,
                           fake.url)
        took = time.monotonic() - start
        if str(rc) not in status.split("!"):
            bad.append("status %d: %s" % (rc, err[-300:]))
        if out.get("announced") != fates(out):
            bad.append("sums: %s" % out)
        for w in wanted.split():
            k, v = w.split("=")
            if out.get(k) != int(v):
                bad.append("%s is %s: %s" % (k, out.get(k), err[-300:]))
    except subprocess.TimeoutExpired:
        bad.append("it hangs")
        took = 0
    fake.stop()
    fake = Fake(store)
    start = time.monotonic()
    bad += resumed(mine, store, fake.url, want)
    # a busy machine takes long for a run without trouble, too
    if took > float(limit) + 40 * (time.monotonic() - start):
        bad.append("it took %.1f s" % took)
    bad += verified(mine, fake.url)
    fake.stop()
    return "%d %s\t%s" % (len(bad) > 0, what, "; ".join(" ".join(
        b.split()) for b in bad))


def sick(spool, file):
    """Against servers that are not well, then against one that is."""
    want = in_spool(spool)
    with open(file) as f:
        lines = [x for x in f if x.strip() and not x.startswith("#")]
    for told in side_by_side(sick_case, [(i, x, spool, want)
                                         for i, x in enumerate(lines)]):
        print(told)
    return 0


# ------------------------------------------------------------------ faults

def fault_case(t, number, fault, shim, spool, want):
    store, mine = "fault-%d.st" % number, "fault-%d.spool" % number
    copy(spool, mine)
    fake = Fake(store)
    bad = []
    rc, out, err = run("load", *HOW, mine, fake.url,
                       env={"LD_PRELOAD": shim, "FAULT": fault})
    # 64, 70 and signals are never the answer to a disk that fails
    if rc not in (0, 1, 65, 66, 69, 73, 74, 75, 77, 78):
        bad.append("status %d: %s" % (rc, err[-300:]))
    if rc == 0:
        bad += unbalanced(out)
    elif not err:
        bad.append("status %d, and not a word" % rc)
    if out and out.get("announced") != fates(out):
        bad.append("sums: %s" % out)
    t.add("status %d" % rc)
    bad += resumed(mine, store, fake.url, want) + verified(mine, fake.url)
    fake.stop()
    t.add("faults")
    for b in bad:
        t.wrong("%s: %s" % (fault, " ".join(b.split())))
    if not bad:
        shutil.rmtree(mine)
        shutil.rmtree(store)


def faults(spool, shim, kind, errnos, part):
    """Each call of this KIND (tests/tools/preload/fault.c) fails once, and
    from there on."""
    t, want = Tally(), in_spool(spool)
    copy(spool, "count.spool")
    fake = Fake("count.st")
    run("load", *HOW, "count.spool", fake.url,
        env={"LD_PRELOAD": shim, "FAULT_COUNT": "count"})
    fake.stop()
    with open("count") as f:
        calls = int(dict(x.split() for x in f)[kind])
    cases = ["%s:%d:%s%s" % (kind, n + 1, e, more) for n in range(calls)
             for e in errnos.split(",") for more in ("", ":all")
             if not (more and e in ("4", "short"))]
    side_by_side(fault_case, [(t, i, c, shim, spool, want)
                              for i, c in enumerate(shared(cases, part))])
    shutil.rmtree("count.st")
    return t.end()


# ----------------------------------------------------------------- signals

def signal_case(t, number, spool, want, rng_seed):
    rng = random.Random("%s/%d" % (rng_seed, number))
    store, mine = "signal-%d.st" % number, "signal-%d.spool" % number
    which = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP,
             signal.SIGPIPE)[number % 4]
    copy(spool, mine)
    fake = Fake(store, "--delay", "10", "--caps",
                "-MULTIAPPEND" if number % 3 else "+X")
    p = subprocess.Popen([POSTROAD, "load", *HOW, mine, fake.url],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         text=True)
    time.sleep(rng.uniform(0.03, 0.35))
    p.send_signal(which)
    out, err = p.communicate(timeout=60)
    bad, rc = [], p.returncode
    # before it has come to its handlers, the signal ends it
    if rc not in (0, 75, -which):
        bad.append("status %d: %s" % (rc, err[-300:]))
    if rc >= 0:
        out = json.loads(out)
        if out["announced"] != fates(out) or out["refused"]:
            bad.append("sums: %s" % out)
        for more in "-wal", "-shm":
            if os.path.exists(mine + "/spool.db" + more):
                bad.append("spool.db%s is left" % more)
    t.add("%s: %d" % (which.name, rc))
    bad += resumed(mine, store, fake.url, want)
    fake.stop()
    for b in bad:
        t.wrong("%s %d: %s" % (which.name, number, " ".join(b.split())))


def signals(spool, n, seed):
    t, want = Tally(), in_spool(spool)
    side_by_side(signal_case, [(t, i, spool, want, seed)
                               for i in range(int(n))])
    return t.end()


# ------------------------------------------------------------------ main

def main():
    what, args = sys.argv[1], sys.argv[2:]
    holds = {"spool": in_spool, "store": in_store, "there": in_mailbox}
    trials = {"kills": kills, "cuts": cuts, "sick": sick, "steps": steps,
              "proxies": proxies, "faults": faults, "signals": signals}
    if what in trials:
        return trials[what](*args)
    show(holds[what](*args))
    return 0


if __name__ == "__main__":
    sys.exit(main())
