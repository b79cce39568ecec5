"""Random layered applications whose author is known, and the check that respstart names exactly that line.

parts.py        what an application is made of: pieces of source, and the fate of a request on its way out
faults.py       what comes too late, and how its code is reached
frameworks.py   how each framework spells it
endpoints.py    what answers
layers.py       what lies around it
programs.py     whole applications: their source, what has to be found, and the strategy that draws them
checking.py     runs one and compares
server/         the small strict servers that ask several requests at once

To add a kind, write one class with `source()` and the rule of who is the author, and put its variants into the list at the end of the file.
"""
