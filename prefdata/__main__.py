"""`python -m prefdata`, which torchrun starts too."""

from prefdata.cli.main import run

if __name__ == "__main__":
    run()
