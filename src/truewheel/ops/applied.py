"""A plan applied to a wheel, as values: the new wheel, and what its native files are then."""

from __future__ import annotations

from truewheel.binary import Image
from truewheel.binary import read as read_binary
from truewheel.errors import TruewheelError
from truewheel.ops.edits import Outside, edited
from truewheel.ops.examine import Examination
from truewheel.ops.launcher import launcher
from truewheel.ops.plan import Change, Changes, Graft, Plan
from truewheel.wheel import Bytes, Content, Entry, RecordRow, Wheel, amended, row_for

_KEPT = 1 << 20


def applied(examination: Examination, planned: Plan[Changes]) -> tuple[Wheel, dict[str, Image]]:
    """The wheel with all files of the plan, and its native files read again.

    Raises `BinaryError`, naming the member or the file, where an edit can't be made.
    """
    wheel, work = examination.wheel, _Work(dict(examination.images))
    for change in planned.changes:
        work.change(wheel.by_name[change.member], change)
    for graft in planned.grafts:
        work.graft(graft)
    for source in planned.sources:
        entry = wheel.by_name[source.member]
        work.entries.append(Entry(entry.name, entry.executable, Bytes(source.data)))
    if not work.entries:
        return wheel, work.images
    return amended(wheel, *work.entries, known=work.rows), work.images


class _Work:
    """Edits one after the other: of each file the bytes are in memory once, and what is known of them is kept."""

    def __init__(self, images: dict[str, Image]) -> None:
        self.images = images
        self.entries: list[Entry] = []
        self.rows: dict[str, RecordRow] = {}

    def change(self, entry: Entry, change: Change[Changes]) -> None:
        """Edit a member."""
        del self.images[change.member]
        place = change.moved_to or change.member
        try:
            content = self._seen(place, entry.content, change)
        except TruewheelError as error:
            raise error.within(member=change.member) from None
        self.entries.append(Entry(place, entry.executable or bool(change.moved_to), content))
        if change.moved_to:
            script = launcher(change.moved_to)
            self.entries.append(Entry(change.member, executable=True, content=Bytes(script)))

    def graft(self, graft: Graft[Changes]) -> None:
        """Add a graft. Nobody starts a library, so it isn't executable, whatever its file was."""
        try:
            content = self._seen(graft.member, Outside(graft.file), graft)
        except TruewheelError as error:
            raise error.within(member=graft.file.path) from None
        self.entries.append(Entry(graft.member, executable=False, content=content))

    def _seen(self, place: str, source: Content, edit: Change[Changes] | Graft[Changes]) -> Content:
        """Edit a file, read it again, and keep it if it is small; else it is made once more when it is written."""
        content, data = edited(source, edit.changes, strip=edit.strip)
        image = read_binary(data)
        if image is not None:
            self.images[place] = image
        self.rows[place] = row_for(place, data)
        return Bytes(bytes(data)) if len(data) <= _KEPT else content
