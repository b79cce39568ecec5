"""No tests of this suite: test_projects.py runs each project by itself, in a folder and a process of its own."""

collect_ignore_glob = ["*"]
