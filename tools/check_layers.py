#!/usr/bin/env python3
"""Holds every #include "room/…" of src/ against the link lists: a room may include itself and its MAY_USE.

The table is read from each room's CMakeLists.txt, so there is one truth. Also refuses files over 400 lines.
"""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
source = root / "src"
may_use = {}
for cmake in source.glob("*/CMakeLists.txt"):
    call = re.search(r"room\((.*?)\)", cmake.read_text(), re.S).group(1).split()
    name, uses, reading = call[0], [], False
    for word in call[1:]:
        if word.isupper() and "::" not in word:
            reading = word == "MAY_USE"
        elif reading:
            uses.append(word)
    may_use[name] = uses


def reachable(room):
    """A room sees what its neighbours show in their headers."""
    seen, todo = set(), [room]
    while todo:
        at = todo.pop()
        if at not in seen:
            seen.add(at)
            todo += may_use.get(at, [])
    return seen


wrong = []
for room in may_use:
    if room in {u for used in may_use[room] for u in reachable(used)}:
        wrong.append(f"src/{room}/CMakeLists.txt: the room is reachable from itself")
for path in sorted(source.rglob("*.[ch]pp")):
    room = path.relative_to(source).parts[0]
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    if lines > 400:
        wrong.append(f"{path.relative_to(root)}: {lines} lines; look for the second idea in it")
    if room not in may_use:
        continue
    allowed = {room, *may_use[room]}
    for number, line in enumerate(text.splitlines(), 1):
        include = re.match(r'\s*#\s*include\s+"([^/"]+)/', line)
        if include and include.group(1) not in allowed:
            wrong.append(f"{path.relative_to(root)}:{number}: {room} may not use {include.group(1)}")
print("\n".join(wrong) or f"layers: {len(may_use)} rooms keep to their table")
sys.exit(bool(wrong))
