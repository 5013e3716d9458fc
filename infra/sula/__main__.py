"""``python -m sula``."""

from sula.cli import main

if __name__ == "__main__":
    main()
