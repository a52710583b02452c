"""`python -m kpirules` is the command `kpirules`."""

from kpirules.cli.main import main

if __name__ == "__main__":
    main()
