"""WHAT AN INDEX SERVES: projects' files over PEP 503 and 691, fetched once and checked.

Needs the extra ``verify`` or ``pack``. The modules, from below: ``model`` are the values; ``addresses``, ``entries``
and ``simple*`` read pages, which may be hostile; ``pip_configuration`` and ``settings`` know which indexes the user has
configured for pip and uv; ``store`` keeps files by their sha256, ``session`` speaks HTTP within limits, ``fetching``
checks hashes, and ``client`` puts them together. ``targets`` reads what users ask for, with ``requirement_files`` and
``locks``; ``choice`` picks the files of a release. ``artefacts`` fetches files from any address whose hash is known,
and ``published`` tells which wheels of a version are there.
"""
