"""How results look: `text` for pipes, `terminal` for people, `machine` (JSON), `sarif` and GitHub for tools.

Reporters turn values into strings; they print nothing. `terminal` is imported where it is used, since rich
takes longer to load than most wheels take to read.
"""

from truewheel.report import machine, sarif, text

__all__ = ["machine", "sarif", "text"]
