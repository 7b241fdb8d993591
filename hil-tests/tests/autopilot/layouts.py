"""Compares fields.txt (first argument) with pymavlink's dialect, message by message."""
import os
import sys

os.environ["MAVLINK20"] = "1"
from pymavlink.dialects.v20 import ardupilotmega as m  # noqa: E402

SHORT = {"float": "f32", "char": "char"}


def short(kind):
    return SHORT.get(kind) or kind.removesuffix("_t").replace("uint", "u").replace("int", "i")


def line(message):
    kinds = dict(zip(message.fieldnames, message.fieldtypes))
    words = [str(message.id), message.msgname, str(message.crc_extra)]
    for name, count in zip(message.ordered_fieldnames, message.array_lengths):
        words.append(f"{name}:{short(kinds[name])}" + (f"[{count}]" if count else ""))
    return " ".join(words)


lines = open(sys.argv[1], encoding="utf-8").read().splitlines()
for ours in lines:
    number, name = ours.split(" ")[:2]
    if int(number) == 436:  # CURRENT_MODE is younger than this pymavlink; the typed dialect knows it (`wire`).
        continue
    theirs = line(m.mavlink_map[int(number)])
    if ours != theirs:
        sys.exit(f"{name}:\n{ours}\n{theirs}")
print(f"{len(lines)} layouts are pymavlink's")
