"""The fake modules are no tests: imported by pytest they would stand in for the real ones."""

collect_ignore = ["fake_modules"]
