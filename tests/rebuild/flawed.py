"""A project that comes out otherwise at every build, each of its files for a reason of its own."""

from __future__ import annotations

from tests.projects import SETUPTOOLS, Project

_SETUP = """
import json, os, pathlib, platform, time, uuid

from setuptools import setup

here = pathlib.Path("src/flawed")


def tell(name, text):
    (here / name).write_text(text + "\\n", encoding="utf-8")


words = {f"word{number}" for number in range(40)}
tell("built.txt", "built at " + time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
tell("nanoseconds.txt", str(time.time_ns()))
tell("zone.txt", time.strftime("%Z"))
tell("folder.txt", f"built in {os.getcwd()}")
tell("home.txt", f"at home in {os.path.expanduser('~')}")
tell("words.txt", "\\n".join(words))
tell("listing.txt", "\\n".join(name for name in os.listdir("many")))
tell("host.txt", f"built on {platform.node()}")
tell("kernel.txt", platform.release())
tell("user.txt", f"built by user {os.getuid()}")
tell("processors.txt", f"built with -j{len(os.sched_getaffinity(0))}")
tell("locale.txt", os.environ.get("LC_ALL", ""))
tell("source.txt", str(int(os.stat("many/name0.txt").st_mtime)))
tell("environment.txt", "\\n".join(sorted(os.environ)))
mask = os.umask(0)
os.umask(mask)
tell("umask.txt", f"umask {mask:03o}")
bill = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "serialNumber": f"urn:uuid:{uuid.uuid4()}",
    "version": 1,
    "components": [],
}
tell("bill.cdx.json", json.dumps(bill, indent=2))
setup()
"""

FLAWED = Project(
    "flawed",
    "setuptools.build_meta",
    (SETUPTOOLS,),
    {
        "setup.py": _SETUP.lstrip("\n"),
        "src/flawed/__init__.py": "",
        "MANIFEST.in": "graft many\n",
        **{f"many/name{number}.txt": f"{number}\n" for number in range(20)},
    },
    tables='[tool.setuptools]\npackages = ["flawed"]\npackage-dir = { "" = "src" }\n\n'
    '[tool.setuptools.package-data]\nflawed = ["*.txt", "*.json"]\n',
)
"""On purpose: times, folders, orders, names of hosts and users, and a random number."""

ALWAYS = {
    "bill.cdx.json": "sbom-serial",
    "built.txt": "build-time",
    "environment.txt": "environment",
    "folder.txt": "build-path",
    "home.txt": "build-path",
    "kernel.txt": "environment",
    "listing.txt": "hash-order",
    "locale.txt": "environment",
    "nanoseconds.txt": "build-time",
    "processors.txt": "environment",
    "source.txt": "build-time",
    "umask.txt": "umask",
    "words.txt": "hash-order",
    "zone.txt": "environment",
}
"""The members that differ under every isolation, and the cause that `build --twice` names."""

IN_NAMESPACES = {"host.txt": "host", "user.txt": "host"}
"""Those that differ where namespaces can vary what they hold."""
