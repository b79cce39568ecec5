"""The contract tests with the oldest, the newest and the coming versions of frameworks and servers."""
