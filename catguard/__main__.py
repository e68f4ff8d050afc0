"""Makes `python -m catguard` the command line: workers are started so, whatever is on the PATH."""

from catguard.cli.main import main

if __name__ == "__main__":
    main()
