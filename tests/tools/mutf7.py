# SPDX-License-Identifier: GPL-3.0-or-later
# stdin in modified UTF-7 (RFC 3501 5.1.3), by Python's own UTF-7.
import base64
import sys

out, run = "", ""
for c in sys.stdin.read() + "\0":
    if c != "\0" and not " " <= c <= "~":
        run += c
        continue
    if run:
        b = base64.b64encode(run.encode("utf-16-be")).decode().rstrip("=")
        out += "&" + b.replace("/", ",") + "-"
        run = ""
    out += "" if c == "\0" else "&-" if c == "&" else c
sys.stdout.write(out)
