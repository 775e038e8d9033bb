"""Part of what Python programs of a build are told: a clock that stands still, and files of its time."""

from __future__ import annotations

from typing import Final

CLOCK: Final = '''

def _stop_clock(seconds, began):
    """Have it be `seconds`; files that are newer than `began`, in nanoseconds, are of that time too."""
    _stop_time(seconds)
    _stop_datetime(seconds)
    _date_files(seconds, began)


def _stop_time(seconds):
    import time

    local, utc, asctime, ctime, strftime = time.localtime, time.gmtime, time.asctime, time.ctime, time.strftime
    _put(time, "time", lambda: float(seconds))
    _put(time, "time_ns", lambda: seconds * 10**9)
    _put(time, "localtime", lambda given=None: local(seconds if given is None else given))
    _put(time, "gmtime", lambda given=None: utc(seconds if given is None else given))
    _put(time, "asctime", lambda *given: asctime(*(given or (local(seconds),))))
    _put(time, "ctime", lambda given=None: ctime(seconds if given is None else given))
    _put(time, "strftime", lambda form, *given: strftime(form, *(given or (local(seconds),))))
    if hasattr(time, "clock_gettime"):
        clock, clock_ns = time.clock_gettime, time.clock_gettime_ns
        dates = {time.CLOCK_REALTIME, 5 if sys.platform == "linux" else time.CLOCK_REALTIME}  # CLOCK_REALTIME_COARSE
        _put(time, "clock_gettime", lambda id: float(seconds) if id in dates else clock(id))
        _put(time, "clock_gettime_ns", lambda id: seconds * 10**9 if id in dates else clock_ns(id))


def _stop_datetime(seconds):
    """Have other classes in the places of two of ``datetime``: they make objects of the real ones."""
    import copyreg
    import datetime as module

    date, moment = module.date, module.datetime

    class Kind(type):
        def __instancecheck__(cls, value):
            return isinstance(value, real[cls]) if cls in real else type.__instancecheck__(cls, value)

        def __subclasscheck__(cls, other):
            return issubclass(real.get(other, other), real[cls]) if cls in real else type.__subclasscheck__(cls, other)

    def now(cls, tz=None):
        return real.get(cls, cls).fromtimestamp(seconds, tz)

    def utcnow(cls):
        return real.get(cls, cls)(1970, 1, 1) + module.timedelta(seconds=seconds)

    def today(cls):
        return real.get(cls, cls).fromtimestamp(seconds)

    def kind(base, **more):
        def made(cls, *given, **named):
            return base(*given, **named) if cls is found else base.__new__(cls, *given, **named)

        about = {"__module__": "datetime", "__doc__": base.__doc__, "__slots__": (), "__new__": made}
        found = Kind(base.__name__, (base,), dict(about, today=classmethod(today), **more))
        real[found] = base
        # By reference to the class that stands there, which alone can be found.
        copyreg.pickle(base, lambda value: (found,) + value.__reduce__()[1:2])
        return found

    real = {}
    module.datetime = kind(moment, now=classmethod(now), utcnow=classmethod(utcnow))
    module.date = kind(date)


def _date_files(seconds, began):
    import stat as facts

    whole = seconds * 10**9
    times = (
        ("st_atime", "st_atime_ns", facts.ST_ATIME),
        ("st_mtime", "st_mtime_ns", facts.ST_MTIME),
        ("st_ctime", "st_ctime_ns", facts.ST_CTIME),
    )

    def dated(found):
        if max(found.st_mtime_ns, found.st_ctime_ns, found.st_atime_ns) < began:
            return found
        shown, more = found.__reduce__()[1]
        shown = list(shown)
        for exact, whole_name, place in times:
            if getattr(found, whole_name) >= began:
                shown[place], more[exact], more[whole_name] = seconds, float(seconds), whole
        return os.stat_result(shown, more)

    class Entry:
        """An entry of a folder whose facts are dated."""

        def __init__(self, real):
            self._real = real

        def __getattr__(self, name):
            return getattr(self._real, name)

        def __fspath__(self):
            return self._real.__fspath__()

        def __repr__(self):
            return repr(self._real)

        def stat(self, *, follow_symlinks=True):
            return dated(self._real.stat(follow_symlinks=follow_symlinks))

    class Entries:
        def __init__(self, real):
            self._real = real

        def __iter__(self):
            return self

        def __next__(self):
            return Entry(next(self._real))

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.close()

        def close(self):
            self._real.close()

    stat, lstat, fstat, scandir = os.stat, os.lstat, os.fstat, os.scandir
    _put(os, "stat", lambda *given, **named: dated(stat(*given, **named)))
    _put(os, "lstat", lambda *given, **named: dated(lstat(*given, **named)))
    _put(os, "fstat", lambda *given, **named: dated(fstat(*given, **named)))
    _put(os, "scandir", lambda *given, **named: Entries(scandir(*given, **named)))
'''
"""Date and time of day alone: what measures durations goes on. What is set explicitly by ``os.utime`` stays."""
