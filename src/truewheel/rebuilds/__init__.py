"""IS WHAT THE INDEX SERVES WHAT THE SOURCE BUILDS? Fetches, infers, rebuilds, compares, and keeps the evidence.

The only room that knows both the index and builds. ``run`` answers for one wheel: ``given`` is what it is told,
``subject`` what is fetched, ``workshop`` where it is rebuilt (``asked`` translates recipes, ``hiding`` says what builds
must not see); ``attestations*`` and ``history*`` look at what was published besides, and ``keeping`` and ``signing``
leave the evidence. ``campaign*`` answers for many.
"""
