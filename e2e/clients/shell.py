"""Runs `openstack` commands without starting the client for each: that takes longer than its work.

   stdin    one line of JSON for each command: its words
   stdout   one line of JSON for each: {"exit": 0, "out": "...", "err": "..."}

Each command runs in a fork of this process, which has loaded the client and keeps nothing of it.
"""
import contextlib
import importlib.metadata
import io
import json
import os
import sys

from cliff import command
from openstackclient import shell


def run(words):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = shell.main(words)
        except SystemExit as end:  # wrong options, --help
            code = end.code
    return {"exit": code or 0, "out": out.getvalue(), "err": err.getvalue()}


def load():
    """All that commands would load one by one."""
    for group, entries in importlib.metadata.entry_points().items():
        if group.startswith(("openstack.", "keystoneauth1.")):
            for entry in entries:
                with contextlib.suppress(ImportError):
                    entry.load()
    for name in ("novaclient.v2.client", "openstack.connection", "osc_placement.http"):
        importlib.import_module(name)
    command._get_distributions_by_modules()  # half the time of a command, and kept


load()
commands = sys.stdin
sys.stdin = open(os.devnull)  # `image create` reads it
for line in commands:
    child = os.fork()
    if child == 0:
        sys.__stdout__.write(json.dumps(run(json.loads(line))) + "\n")
        sys.__stdout__.flush()
        os._exit(0)
    os.waitpid(child, 0)
