"""`python -m hq`: the same as `checkpoint-hq`."""

from hq.cli import main

if __name__ == "__main__":  # a worker imports this module anew, under another name
    main(prog_name="checkpoint-hq")
