"""HOW A PUBLISHED WHEEL WAS BUILT: what it tells of that, and the recipes that follow from it.

`trace` reads `Evidence` off a published wheel and its sdist; `propose` gives the next `Recipe` to try, from a table
of small rules, each with its reason. The modules, from below: ``model`` are the values, ``moments`` knows times and
zones, ``backends`` the names of backends; ``evidence*`` read; ``rule`` says what a rule is, ``rules_*`` are the rules,
with a row each in ``table``; ``planner`` puts their options in order, and ``overrides`` are what users say.
"""

from truewheel.recipes.backends import backend_of
from truewheel.recipes.evidence import Evidence, trace
from truewheel.recipes.model import Choice, Override, Recipe, Step, Symptom, Tried
from truewheel.recipes.overrides import Overrides
from truewheel.recipes.overrides import parse as parse_overrides
from truewheel.recipes.planner import propose

__all__ = [
    "Choice",
    "Evidence",
    "Override",
    "Overrides",
    "Recipe",
    "Step",
    "Symptom",
    "Tried",
    "backend_of",
    "parse_overrides",
    "propose",
    "trace",
]
