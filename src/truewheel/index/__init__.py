"""WHAT AN INDEX SERVES: projects' files over PEP 503 and 691, fetched once and checked.

Needs the extra ``verify``. ``model`` are the values; ``settings`` knows which indexes the user has configured for pip
and uv, ``simple`` reads pages, ``session`` speaks HTTP within limits, ``store`` keeps files by their sha256, and
``client`` puts them together; ``targets`` reads requirements files and locks, ``choice`` picks the files of a release.
"""
