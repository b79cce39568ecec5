"""A finding as a picture for wide terminals: the request with its lanes, and both lines of code side by side. Needs the extra `pretty`."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from respstart.model import Finding, Frame, Writer
from respstart.reporters import plain, source
from respstart.reporters.lanes import Lanes, shortened
from respstart.reporters.picture import picture
from respstart.reporters.terminal import Terminal

WIDEST = 120  # lines that are longer than this are tiring to read
_LABEL = 14
_CONTEXT = 2  # lines of code around each of the two
_FRAMES = 6  # runs of frames of one stack that are shown
_HIT_LINES = 3
_Stack = tuple[str, tuple[Frame, ...]]  # with its title
POINTER = "❱"
# For streams that cannot show the symbols: character by character, so that nothing moves.
_ASCII = str.maketrans("│─━┃┄◀▶◆●✗❱╭╮╰╯…", "|-=#.<>*oX>++++~")


def render(finding: Finding, root: str | None, terminal: Terminal) -> str:
    """The finding as text that ends in a newline; paths below `root` are shown relative to it, text from outside is escaped."""
    width = min(terminal.width, WIDEST)
    text = drawn(whole(finding, root, width), width, colour=terminal.colour)
    return text if terminal.symbols else text.translate(_ASCII)


def drawn(what: RenderableType, width: int, *, colour: bool) -> str:
    """The characters of something that rich can draw; nothing of the environment is asked."""
    console = Console(
        file=io.StringIO(), width=width, height=1, force_terminal=colour, color_system="standard" if colour else None, no_color=not colour,
        force_jupyter=False, legacy_windows=False, markup=False, emoji=False, highlight=False, _environ={},
    )  # fmt: skip
    with console.capture() as capture:
        console.print(what, soft_wrap=True)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def whole(finding: Finding, root: str | None, width: int) -> RenderableType:
    """The whole picture, `width` columns wide."""
    shown = plain.localised(finding, root)
    return Group(*_head(shown, width), Text(), *_lanes(shown, width), cards(finding, root, width), *_tail(shown, width))


# ---------------------------------------------------------------------- words
def _head(finding: Finding, width: int) -> Iterator[Text]:
    rule = f"{finding.rule} {finding.name}"
    yield from _wrapped(Text.assemble((rule, "bold red"), (f"  {finding.message}", "bold")), width, 2)
    yield from _wrapped(Text("  " + plain.request(finding)), width, 4)
    yield from both_places(finding, width)
    for sentence in plain.elsewhere(finding):
        yield from _row("", sentence, width)
    for label, place in plain.other_places(finding):
        yield from _row(label, f"{place.file}:{place.line} in {place.function}", width)
    if finding.exception:
        yield from _row("exception", f"{finding.exception.type}: {finding.exception.message}", width)


def both_places(finding: Finding, width: int) -> Iterator[Text]:
    """Who started it and who came too late, in a line each; the finding is one that is safe to show."""
    first = finding.first_writer
    yield from _row("started by", _place(first), width, "green", "  <- look here first" if first.file else "")
    yield from _row("changed by", _place(finding.late_writer, finding.late_window), width, "red")


def _tail(finding: Finding, width: int) -> Iterator[Text]:
    yield from _row("fix", finding.fix, width)
    yield from _row("more", f"respstart explain {finding.rule}", width)
    if finding.seen > 1:
        yield from _row("seen", f"{finding.seen} times so far", width)
    yield Text(finding.summary)


def _place(writer: Writer | None, window: str | None = None) -> str:
    if writer is not None and writer.file is not None:
        return f"{writer.file}:{writer.line} in {writer.function}"
    why = "; ".join(filter(None, (writer.reason if writer else None, window)))
    return "nobody that could be named" + (f": {why}" if why else "")


def _row(label: str, text: str, width: int, style: str = "", pointer: str = "") -> list[Text]:
    row = Text.assemble((f"  {label:<{_LABEL - 2}}", style or "dim"), (text, "bold" if style else ""), (pointer, style))
    return _wrapped(row, width, _LABEL)


def _wrapped(text: Text, width: int, indent: int) -> list[Text]:
    """Lines of at most `width` columns, except that a path or a word is never broken; each keeps its styles."""
    lines: list[Text] = []
    start = 0
    for line in textwrap.wrap(text.plain, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False):
        words = line[indent:] if lines else line
        start = text.plain.index(words, start)
        part = text[start : start + len(words)]
        lines.append(Text.assemble(" " * indent, part) if lines else part)
        start += len(words)
    return lines


def _lanes(finding: Finding, width: int) -> list[Text]:
    drawing = picture(finding)
    return [*Lanes(drawing, width).lines(), Text()] if drawing else []


# ---------------------------------------------------------------------- cards
def cards(finding: Finding, root: str | None, width: int) -> RenderableType:
    """The two lines of code side by side: started by, changed by."""
    shown, inside = plain.localised(finding, root), width // 2 - 5
    stacks = list(plain.stacks(shown))
    start = [stack for stack in stacks if stack[0] != plain.LATE]
    late = [stack for stack in stacks if stack[0] == plain.LATE]
    left = list(_card(finding.first_writer, shown.first_writer, start, "green", inside))
    right = list(_card(finding.late_writer, shown.late_writer, late, "red", inside))
    left, right = left or _nobody(shown.first_writer, None, inside), right or _nobody(shown.late_writer, shown.late_window, inside)
    height = max(len(left), len(right)) + 2
    side_by_side = Table.grid(padding=(0, 1, 0, 0))
    side_by_side.add_row(
        _panel(f"Started by {_at(shown.first_writer, inside - 13)}", "green", left, height, inside + 4),
        _panel(f"Changed by {_at(shown.late_writer, inside - 13)}", "red", right, height, inside + 4),
    )
    return side_by_side


def _panel(title: str, style: str, lines: list[Text], height: int, width: int) -> Panel:
    heading = Text(title.rstrip(), f"bold {style}")
    content = Text("\n", no_wrap=True, overflow="ellipsis").join(lines)
    return Panel(content, title=heading, title_align="left", border_style=style, width=width, height=height)


def _card(writer: Writer | None, shown: Writer | None, stacks: list[_Stack], style: str, width: int) -> Iterator[Text]:
    if writer is None or shown is None or shown.file is None:
        return
    yield from _code(writer, style, width)
    package = f", {shown.package}" if shown.package else ""
    yield from _folded(f"{shown.reason} ({shown.basis}{package})", width)
    for title, stack in stacks:
        yield Text()
        yield from _folded(f"stack of the {title}, most recent last", width)
        yield from _frames(stack, width)


def _nobody(writer: Writer | None, window: str | None, width: int) -> list[Text]:
    return list(_folded(_place(writer, window), width))


def _at(writer: Writer | None, width: int) -> str:
    return _end_of(f"{writer.file}:{writer.line}", width) if writer and writer.file else ""


def _code(writer: Writer, style: str, width: int) -> Iterator[Text]:
    """The lines around the writer's, which is shown in full as far as three lines go."""
    lines = source.lines(writer, _CONTEXT)
    digits = max((len(str(line.number)) for line in lines), default=0)
    room = width - digits - 4
    for line in lines:
        if not line.hit:
            yield Text(f"  {line.number:>{digits}}  {shortened(line.text, room)}", "dim")
            continue
        indent = " " * (len(line.text) - len(line.text.lstrip()) + 4)
        first, *more = textwrap.wrap(line.text, room, subsequent_indent=indent, max_lines=_HIT_LINES, placeholder="…") or [""]
        yield Text(f"{POINTER} {line.number:>{digits}}  {first}", f"bold {style}")
        yield from (Text(" " * (digits + 4) + part, f"bold {style}") for part in more)
    if lines:
        yield Text()


def _frames(stack: tuple[Frame, ...], width: int) -> Iterator[Text]:
    for in_app, frames in list(plain.runs(stack))[-_FRAMES:]:
        if in_app:
            yield from (_frame(frame, width) for frame in frames[-_FRAMES:])
        else:
            yield Text(shortened(f"  ... {plain.folded(frames)} folded", width), "dim")


def _frame(frame: Frame, width: int) -> Text:
    at, name = f"{frame.filename}:{frame.lineno}", f" in {frame.name}"
    return Text("  " + shortened(_end_of(at, max(width - 2 - len(name), 20)) + name, width - 2))


def _folded(text: str, width: int) -> Iterator[Text]:
    return map(Text, textwrap.wrap(text, width, break_on_hyphens=False))


def _end_of(text: str, width: int) -> str:
    """The end of a path tells more than its beginning."""
    return text if len(text) <= width else "…" + text[-(width - 1) :]
