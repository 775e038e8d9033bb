"""How results look: `text` for pipes, `terminal` for people, `machine` (JSON), `sarif` and GitHub for tools.

`html` makes pages for browsers, of what `pages` has for all of them. Reporters turn values into strings; they print
nothing. `terminal` and `html` are imported where they are used: rich takes longer to load than most wheels take to
read.
"""

from truewheel.report import machine, sarif, text

__all__ = ["machine", "sarif", "text"]
