"""Coverage-guided fuzzing with atheris: ``make fuzz``, or ``python -m fuzz TARGET --seconds 300``.

`targets` says what is fed, `seeds` what it starts from. The tests run every target over its seeds; only the
search itself needs atheris (the dependency group ``fuzz``).
"""
