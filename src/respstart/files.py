"""Files that respstart writes: their owner's alone, and no trap of somebody else in a folder that everybody may write to (/tmp)."""

from __future__ import annotations

import errno
import os
import stat

from respstart.looking import beside_the_loop

_BINARY = getattr(os, "O_BINARY", 0)  # Windows would write other ends of lines
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def write(path: str | os.PathLike[str], text: str) -> None:
    """Make `text`, as UTF-8, what is in a file. Raises OSError as `descriptor_of`."""
    with open(descriptor_of(path, os.O_WRONLY | os.O_CREAT), "w", encoding="utf-8", newline="\n") as file:
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # pipes and /dev/stdout cannot be cut
            file.truncate()
        file.write(text)


def descriptor_of(path: str | os.PathLike[str], flags: int) -> int:
    """Like `os.open`, with mode 0600 for a file that is new. O_TRUNC must not be among the flags: it would cut the file of somebody else.

    Raises:
        OSError: the file cannot be opened; or its folder is everybody's, and it is a symbolic link or somebody else's file.
    """
    shared = _is_in_a_shared_folder(path)
    try:
        descriptor = os.open(path, flags | _BINARY | (_NO_LINK if shared else 0), 0o600)
    except OSError as error:
        if shared and error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a symbolic link in a folder that everybody may write to") from None
        raise
    if shared and os.fstat(descriptor).st_uid != os.geteuid():
        os.close(descriptor)
        raise OSError(errno.EPERM, "it is somebody else's file in a folder that everybody may write to")
    return descriptor


def _is_in_a_shared_folder(path: str | os.PathLike[str]) -> bool:
    """Whether everybody may put files, and links to other people's files, into its folder: /tmp, but not /dev with its link stdout."""
    if not hasattr(os, "geteuid"):  # Windows has neither
        return False
    with beside_the_loop():
        return bool(os.stat(os.path.dirname(os.path.abspath(path))).st_mode & stat.S_IWOTH)
