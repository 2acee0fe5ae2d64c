"""Time and memory as the work grows: 1, 2, 4 and 8 times the rows of a step, of a micro-batch, and the tokens of a row.

    python bench/scaling.py                  all three tables, full tuning and LoRA
    python bench/scaling.py batch --methods lora-all --steps 4

It needs ./hone and nothing else. One process a line, so that the peak is that line's own. Perfect scaling shows as the
same tokens per second in every line; what is over in time or memory is what growth costs. Results go to the screen and
to bench/results/scaling.json.
"""

import argparse
import json
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
HONE = HERE.parent / "hone"
TIMES = [1, 2, 4, 8]


def options(table, times):
    """What `hone bench` gets: rows of a step, tokens of a row, tokens computed at once (0: all of a step)."""
    rows, tokens, at_once = {
        "batch": (2 * times, 256, 512),  # more rows a step, in micro-batches of one size
        "micro": (16, 256, 512 * times),  # one step in ever larger micro-batches
        "length": (2, 128 * times, 0),  # longer rows: attention grows with the square
    }[table]
    return ["--batch", rows, "--seq", tokens, f"train.microTokens={at_once}"]


def measured(shape, method, steps, table, times):
    command = [HONE, "bench", "--shape", shape, "--method", method, "--steps", steps, *options(table, times)]
    done = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help="batch, micro, length; all when absent")
    parser.add_argument("--shape", default="smollm2-135m")
    parser.add_argument("--methods", nargs="+", default=["lora-all", "full"])
    parser.add_argument("--steps", type=int, default=6)
    chosen = parser.parse_args()
    if not set(chosen.tables) <= {"batch", "micro", "length"}:
        parser.error("tables are batch, micro and length")
    results = []
    for table in chosen.tables or ["batch", "micro", "length"]:
        for method in chosen.methods:
            print(f"\n{table}, {method}, {chosen.shape}\n times  s/step  against 1x  tokens/s  peak MiB  against 1x")
            first = None
            for times in TIMES:
                line = measured(chosen.shape, method, chosen.steps, table, times)
                first = first or line
                seconds, peak = line["step_ms_median"] / 1000, line["peak_rss_mb"]
                print(
                    f"{times:6}{seconds:8.2f}{1000 * seconds / first['step_ms_median']:12.2f}"
                    f"{line['tokens_per_s']:10.1f}{peak:10}{peak / first['peak_rss_mb']:12.2f}",
                    flush=True,
                )
                results.append({"table": table, "shape": chosen.shape, "times": times, **line})
    path = HERE / "results" / "scaling.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
