"""HOW A PUBLISHED WHEEL WAS BUILT: what it tells of that, and the recipes that follow from it.

`trace` reads `Evidence` off a published wheel and its sdist; `propose` gives the next `Recipe` to try, from a table
of small rules, each with its reason. The modules, from below: ``model`` and ``evidence`` are the values; ``rules_*``
are the rules, with a row each in ``table``; ``planner`` puts their options in order, ``overrides`` are what users say.
"""
