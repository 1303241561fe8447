#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each message once: what a destination holds is counted here by SHA-256,
with imaplib or from the fake server's files, and never by our own report.

    once.py spool SPOOL                 what there is to be
    once.py store DIR                   what the fake server keeps
    once.py there PORT USER             what a real server gives
    once.py kills PORT SPOOL N SEED [LOAD OPTIONS]
    once.py cuts SPOOL EVERY PART/PARTS [FAKE OPTIONS] [-- LOAD OPTIONS]

The first three print "FOLDER SHA256" lines, sorted.  kills and cuts print a
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
    """The same of a real mailbox, with every body read."""
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
        for part in im.fetch("1:*", "(BODY.PEEK[])")[1]:
            if isinstance(part, tuple):
                found[box, sha(part[1])] += 1
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


def run(*args):
    """A run to its end: status, JSON, what it said."""
    p = subprocess.run([POSTROAD, *args], capture_output=True, text=True,
                       timeout=120)
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
    how = ["--tls", "none", "--password-file", PW_FILE, "--json"] + options
    dest = "imap://%s@127.0.0.1:%s/" % (user, port)
    times, most = [], rng.randint(1, 9)
    copy(spool, mine)
    while True:
        p = subprocess.Popen([POSTROAD, "load", *how, mine, dest],
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
    rc, out, err = run("verify", *how[:5], mine, dest)
    if rc != 0:
        bad.append("verify %d: %s" % (rc, err[-300:]))
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
    rc, out, err = run("load", "--tls", "none", "--password-file", PW_FILE,
                       "--json", *options, "usual.spool",
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

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for f in [pool.submit(work) for _ in range(JOBS)]:
            f.result()
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
    opts = ["--tls", "none", "--password-file", PW_FILE, "--json"]
    fake = Fake(store, "--cut-" + way, str(at), *how, *caps)
    bad, status = [], []
    # half of them give up at once, so that another process has to find out
    first = ["--max-wait", "0"] if at % 2 else []
    for more in (first, [], []):
        rc, out, err = run("load", *opts, *load_options, *more, mine,
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
    rc, out, err = run("verify", *opts, mine, fake.url)
    if rc != 0:
        bad.append("verify %d: %s" % (rc, err[-200:]))
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
    fake = Fake("whole.st", "--tee", "whole", *caps)
    copy(spool, "whole.spool")
    rc, out, err = run("load", "--tls", "none", "--password-file", PW_FILE,
                       "--json", *load_options, "whole.spool", fake.url)
    fake.stop()
    if rc != 0 or in_store("whole.st") != want:
        t.wrong("without a cut: %d: %s" % (rc, err))
        return t.end()
    cases = []
    for way, hows in (("in", ([], ["--half"])),
                      ("out", ([], ["--lose"], ["--keep-late", "600"]))):
        with open("whole." + way, "rb") as f:
            data = f.read()
        places = set(range(1, len(data) + 1, int(every)))
        if int(every) > 1:
            places |= boundaries(data)
        for at in sorted(places):
            for how in hows:
                cases.append((way, at, how))
    part, parts = (int(n) for n in part.split("/"))
    cases = cases[part::parts]
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for f in [pool.submit(cut_case, t, want, spool, *c, caps,
                              load_options) for c in cases]:
            f.result()
    shutil.rmtree("whole.st")
    return t.end()


# ------------------------------------------------------------------ main

def main():
    what, args = sys.argv[1], sys.argv[2:]
    if what == "spool":
        show(in_spool(*args))
    elif what == "store":
        show(in_store(*args))
    elif what == "there":
        show(in_mailbox(*args))
    elif what == "kills":
        return kills(*args)
    elif what == "cuts":
        return cuts(*args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
