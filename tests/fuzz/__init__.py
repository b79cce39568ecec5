"""The same sequence of calls, bare and under respstart: whatever anybody can see of it has to be equal.

Random sequences, legal and illegal, run on real servers in memory. Compared are the bytes on the wire, what every call returned or raised
(type, text, chain and identity), the identity of the objects that the server was given, the log, and what the server saw at the end.
A sequence must not make respstart fail inside, either.

seen.py        what was seen of one run
values.py      legal and strange values: statuses, header lists, chunks
wsgi_side.py   WSGI sequences, their application and its servers
asgi_side.py   the same for ASGI
comparing.py   runs a sequence bare and watched, and makes a differing one small
mutants.py     copies of the hooks with one planted fault each: the fuzzer has to see every one

More than the quick slice of the suite: `python -m tests.fuzz --sequences 100000 --seed 1`.
"""
