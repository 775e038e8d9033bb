"""BUILDS: a PEP 517 build in a clean, fixed environment, that comes out the same everywhere.

Nothing is imported here: the wrapper of backends (`truewheel.backend`) takes the few modules that it needs, in
environments where nothing of a build's own tools is installed.
"""
