"""IS WHAT THE INDEX SERVES WHAT THE SOURCE BUILDS? Fetches, infers, rebuilds, compares, and keeps the evidence.

The only room that knows both the index and builds. ``run`` answers for one wheel; ``campaign*`` for many.
"""
