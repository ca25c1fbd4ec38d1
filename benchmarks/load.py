"""Reading a 60-line deal with the place of every value, against libyaml's safe loader without: a ratio of one run."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from time import process_time

import yaml

from generator import load, validate

ROOT = Path(__file__).parent.parent
DEAL = (ROOT / "deals" / "harbor-dental.yaml").read_text(encoding="utf-8")
LINES = "".join(
    f"  - {{description: Device {number}, quantity: {number}, price: {number}.00, every: month}}\n"
    for number in range(1, 60 - DEAL.count("\n") + 1)
)
SIXTY_LINES = DEAL.replace("lines:\n", f"lines:\n{LINES}")


def milliseconds(work: object, times: int) -> float:
    begin = process_time()
    for _ in range(times):
        work()  # type: ignore[operator]
    return (process_time() - begin) / times * 1000


def main() -> None:
    rounds, times = (3, 20) if "--quick" in sys.argv else (15, 100)
    names = ("provider", "routing", "documents")
    house = validate.house(*(load.read(ROOT / "templates" / f"{name}.yaml", name) for name in names))
    source = load.parse(SIXTY_LINES, "deal.yaml")
    work = {
        "load.parse, with places": lambda: load.parse(SIXTY_LINES, "deal.yaml"),
        "yaml.CSafeLoader": lambda: yaml.load(SIXTY_LINES, Loader=yaml.CSafeLoader),
        "validate.deal": lambda: validate.deal(source, "harbor-dental", house),
    }
    found = {name: [milliseconds(one, times) for one in [work[name]] for _ in range(rounds)] for name in work}
    for name, spent in found.items():
        print(f"{name:25} {median(spent):7.3f} ms CPU")
    ratio = median(found["yaml.CSafeLoader"]) / median(found["load.parse, with places"])
    print(f"{SIXTY_LINES.count(chr(10))} lines; CSafeLoader / load.parse = {ratio:.2f} (1 or more: no slower)")


if __name__ == "__main__":
    main()
