"""The language model, for the purposes of this example."""


def answer(prompt):
    yield from ("You", "said:", *prompt.split())
