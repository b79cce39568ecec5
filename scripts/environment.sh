# Sourced by scripts/demo and scripts/test: makes the project's own environment, and touches nothing outside it.
#   RESPSTART_VENV    the folder of the environment (default: .venv inside the project)
#   RESPSTART_PYTHON  the Python to make it with (default: the first one on PATH that is new enough)

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
venv=${RESPSTART_VENV:-$root/.venv}
pythons=${RESPSTART_PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}
# What runs below would take our two variables for settings of respstart, and its own modules for those on PYTHONPATH.
unset RESPSTART_VENV RESPSTART_PYTHON PYTHONPATH PYTHONHOME
# The tests start more than a thousand Pythons: without bytecode on disk each of them compiles what it imports, which takes as long again.
unset PYTHONDONTWRITEBYTECODE
export UV_COMPILE_BYTECODE=1  # pip does it by itself

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in $pythons; do
        if new_enough "$candidate"; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    echo "respstart needs Python 3.11 or newer and found none: tried $pythons." >&2
    echo "Install one from https://www.python.org/downloads/ or name it: RESPSTART_PYTHON=/path/to/python $0" >&2
    exit 2
}

make_environment() {
    python=$(find_python) || exit 2
    if [ -e "$venv" ] && [ ! -f "$venv/pyvenv.cfg" ]; then
        echo "$venv exists and is no environment of Python: name another folder with RESPSTART_VENV." >&2
        exit 2
    fi
    echo "Making an environment in $venv ..." >&2
    if command -v uv >/dev/null 2>&1; then
        UV_VENV_CLEAR=1 uv venv --quiet --no-python-downloads --python "$python" "$venv"
    else
        "$python" -m venv --clear "$venv"
    fi
}

install_project() {
    if command -v uv >/dev/null 2>&1; then
        uv pip install --quiet --python "$venv/bin/python" --editable "$root[$1]"
    else
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$root[$1]"
    fi
}

# ensure_environment EXTRA: the stamp holds a checksum of pyproject.toml, so that a change of it installs again.
ensure_environment() {
    stamp=$venv/.respstart-$1
    wanted=$(cksum <"$root/pyproject.toml")
    if new_enough "$venv/bin/python" && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    new_enough "$venv/bin/python" || make_environment || exit 2
    echo "Installing respstart[$1] ..." >&2
    install_project "$1" || exit 2
    echo "$wanted" >"$stamp"
}
