"""respstart beside other tools that patch, trace or replace what a web application is made of.

table.py             the neighbours: how each is switched on and off
child.py             one of them and respstart in one process, in a given order; prints what was seen
ways.py              the ways in which processes, loops and workers come to be
test_neighbours.py   every neighbour in every order; test_ways.py: every way; each only where its package is installed

`python -m tests.neighbours` writes `docs/reference/neighbours.md`.
"""
