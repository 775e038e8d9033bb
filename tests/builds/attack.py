"""A program that tries to get out of a build, run as the caller or as nobody.

usage: python -m tests.builds.attack KIND USER PORT PID SECRET

Prints a JSON document: the isolation, the status, and the lines that the attack printed.
"""

from __future__ import annotations

import fcntl  # noqa: F401 - a library that nobody may not be able to read later
import json
import os
import pwd  # noqa: F401 - likewise
import subprocess  # noqa: F401, TID251 - likewise
import sys
import sysconfig
from dataclasses import replace

from truewheel.builds.isolation import choose
from truewheel.builds.isolation_workroom import workroom
from truewheel.builds.model import Conditions
from truewheel.errors import TruewheelError

SCRIPT = r"""
echo "folder $PWD"
echo "host $(cat /proc/sys/kernel/hostname)"
echo "user $(id -u):$(id -g)"
echo "umask $(umask)"
echo "cores $(nproc)"
echo "variables $(env | cut -d= -f1 | sort | tr '\n' ' ')"
(exec 3<>/dev/tcp/127.0.0.1/$PORT) 2>/dev/null && echo "reached $PORT"
cat "$SECRET" 2>/dev/null
[ -e /proc/$VICTIM ] && echo "saw $VICTIM"
kill -0 "$VICTIM" 2>/dev/null && echo "could end $VICTIM"
cat "/proc/$VICTIM/environ" 2>/dev/null | tr "\\0" "\\n" | grep ^TRUEWHEEL_TEST_TOKEN
find "$PERSON" -maxdepth 1 -type f 2>/dev/null | sed 's/^/found /'
ls /run/docker.sock /run/user/* "$SSH_AUTH_SOCK" 2>/dev/null
[ "$READ_ONLY" ] && for place in /etc /usr /var/lib; do
    touch $place/truewheel-attack 2>/dev/null && echo "wrote $place"
done
touch /tmp/truewheel-attack-$$ /dev/shm/truewheel-attack-$$ 2>/dev/null
[ "$KIND" = none ] && rm -f /tmp/truewheel-attack-$$ /dev/shm/truewheel-attack-$$
umount -l "$PERSON" 2>/dev/null && echo "unmounted"
mkdir -p deep/er && echo made >deep/er/file && chmod 500 deep/er
exit 7
"""


def main(kind: str, user: int, port: str, victim: str, secret: str) -> int:
    """Attack, and print what came of it."""
    sysconfig.get_paths()  # from files that nobody may not be able to read
    if os.getuid() != user:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    lines: list[str] = []
    conditions = replace(Conditions(), umask=0o027, cores=1, host_name="truewheel-test")
    person = os.environ["HOME"]
    environment = {
        "PATH": "/usr/bin:/bin",
        "PORT": port,
        "VICTIM": victim,
        "SECRET": secret,
        "PERSON": person,
        "KIND": kind,
    }
    environment["READ_ONLY"] = "yes" if kind == "bubblewrap" else ""
    try:
        with workroom(conditions, kind) as (room, notes):
            sandbox = choose(room, conditions, wanted=kind)
            command = ["bash", "-c", SCRIPT]
            status = sandbox.run(command, folder=room.source, environment=environment, output=lines.append, seconds=60)
            made = (room.source / "deep" / "er" / "file").read_text("utf-8")
        left = room.host.exists()
    except TruewheelError as error:
        sys.stdout.write(json.dumps({"error": str(error)}))
        return 0
    document = {"isolation": sandbox.isolation._asdict(), "status": status, "lines": lines, "made": made, "left": left}
    sys.stdout.write(json.dumps({**document, "notes": notes}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:]))
