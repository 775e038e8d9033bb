"""Authors and maintainers (PEP 621): how they may be written, and how METADATA has them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from truewheel.packing.metadata_lines import line, shown, wrong
from truewheel.packing.model import Person

_ADDRESS: Final = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*",
    re.IGNORECASE | re.ASCII,
)
"""The plain addresses of RFC 5322: a dot-atom, and the name of a host. No quotes, comments or literals."""

_ATOMS: Final = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?: [\w!#$%&'*+/=?^`{|}~-]+)*")
"""Words that stand before an address as they are (RFC 5322, 3.2.3; letters beyond ASCII: RFC 6532)."""


def person(key: str, given: Person) -> Person:
    """The person, checked. Raises `RequestError` for neither name nor address, a comma in the name, no such address."""
    if not (given.name or given.email):
        raise wrong(key, "somebody has neither name nor email", hint='write { name = "…", email = "…" }')
    name = line(key, given.name) if given.name else ""
    email = line(key, given.email) if given.email else ""
    if "," in name:
        raise wrong(
            key,
            f"the name {shown(name)} has a comma, which separates people (PEP 621)",
            hint="write one entry for each, and leave out commas within a name",
        )
    if email and (len(email) > 254 or not _ADDRESS.fullmatch(email)):
        raise wrong(key, f"{shown(email)} is no e-mail address", hint='write one, such as "me@example.org"')
    return Person(name, email)


def names(people: Iterable[Person]) -> str:
    """Those without an address, for Author or Maintainer; "" for nobody."""
    return ", ".join(person.name for person in people if not person.email)


def addresses(people: Iterable[Person]) -> str:
    """Those with an address, for Author-email or Maintainer-email; "" for nobody."""
    return ", ".join(_mailbox(person) for person in people if person.email)


def _mailbox(person: Person) -> str:
    """A name with an address, as RFC 5322 has them; the name quoted where it isn't of plain words."""
    if not person.name:
        return person.email
    name = person.name
    if not _ATOMS.fullmatch(name):
        escaped = name.replace("\\", r"\\").replace('"', r"\"")
        name = f'"{escaped}"'
    return f"{name} <{person.email}>"
