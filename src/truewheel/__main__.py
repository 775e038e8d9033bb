"""``python -m truewheel``."""

from truewheel.cli import main

if __name__ == "__main__":
    main()
