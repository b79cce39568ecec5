"""Every part of respstart is made to fail: the client gets the same bytes, the application sees nothing, the fault is counted and said once.

applications.py    buggy applications of several frameworks, and what their clients get
injecting.py       which functions of respstart a request reaches, and how one is made to raise
test_injected.py   each of them in turn
test_outlets.py    where findings go to is broken: a full disk, a closed stderr, a reporter that raises
"""
