"""`python -m qst`: the command line without its installed script."""

from importlib import import_module

if __name__ == "__main__":
    import_module("qst.cli").main(prog_name="qst")
