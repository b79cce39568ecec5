"""The pure ledger: facts in, late mutations and names out. No patching, no I/O, no framework, no logging."""
