"""What leaves the process: no secret, nothing that could steer a terminal or forge a line, no flood, and no file of somebody else's.

shop.py           buggy applications full of secrets
test_secrets.py   every output is grepped for them
test_abuse.py     hostile names and paths from the wire, floods
test_files.py     files that respstart writes: whose they are, traps in shared folders
"""
