"""IS IT THE SAME: a published wheel and its rebuild, and how much of equality is proven.

`judge` climbs the ladder from bit-for-bit to different; `transplant` writes rebuilt contents the way a published zip
stores its own. The modules, from below: ``model`` are the values, with nothing in them that JSON can't carry;
``transplant`` and its like know zips; ``record`` and ``ladder`` judge; ``document`` turns verifications into JSON and
back.
"""
