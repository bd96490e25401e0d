#!/usr/bin/env python3
"""A process of the LMS that does what it is told: one JSON object a line on standard input, one line for each on standard output.

`{"post": "/request", "steps": [...]}` and `{"get": "/history?module=1"}` are answered by `{"status": 200, "body": {...}}`. A step
`wait` prints `{"waiting": true}` and goes on with the next line of input, whatever it says.
"""

import json
import sys

import site_process

if __name__ == "__main__":
    for line in iter(sys.stdin.readline, ""):
        command = json.loads(line)
        if "post" in command:
            status, body = site_process.post(command["post"], command["steps"])
        else:
            status, body = site_process.get(command["get"])
        print(json.dumps({"status": status, "body": body}), flush=True)
