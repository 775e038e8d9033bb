"""The tests of truewheel, room by room."""
