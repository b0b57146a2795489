"""`python -m hq`: the same as `checkpoint-hq`."""

from hq.cli import main

main(prog_name="checkpoint-hq")
