"""PACKING: what is to be packed, where files of an archive go, and what a wheel needs besides: a value each.

The values stand in ``model``; the modules turn settings into them, and them into the members of a wheel.
"""
