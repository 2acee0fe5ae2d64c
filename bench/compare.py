"""Hone and the Python libraries on the same work, in turn: A B A B.

    python bench/compare.py                  every line of the table, five pairs each
    python bench/compare.py lora full -n 3   two lines, three pairs each

It needs ./hone, and a Python with torch, transformers, peft and trl (see bench/README.md). Nothing else should run on
the machine: one busy neighbour core makes a step several times slower. Models of real shapes are made on the spot, with
random weights that both sides read from the same files. Results go to the screen and to bench/results/.
"""

import argparse
import csv
import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
HONE = HERE.parent / "hone"
WORK = pathlib.Path(tempfile.gettempdir()) / "hone-bench"
LENGTHS = HERE.parent.parent / "shared" / "data" / "lengths" / "dialogue_summary.csv"


def model(shape):
    folder = WORK / shape
    if not (folder / "model.safetensors").exists():
        subprocess.run([HONE, "bench", "--shape", shape, "--write", folder], check=True)
    return folder


def write(name, rows):
    WORK.mkdir(parents=True, exist_ok=True)
    path = WORK / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def even_rows(count, length, vocabulary):
    draw = random.Random(1)
    ids = [[draw.randrange(vocabulary) for _ in range(length)] for _ in range(count)]
    return write(f"even-{count}-{length}.jsonl", [{"input_ids": i, "completion_mask": [1] * length} for i in ids])


def dialogue_rows(vocabulary):
    """Prompts and completions of natural lengths: about 260 tokens, a seventh of them to be learned."""
    draw = random.Random(1)
    if LENGTHS.exists():
        with open(LENGTHS, encoding="utf-8") as file:
            lengths = [(int(r["prompt_tokens"]), int(r["completion_tokens"])) for r in csv.DictReader(file)]
    else:  # a log-normal of the same mean and spread
        lengths = [(min(900, int(draw.lognormvariate(5.3, 0.5))), max(8, int(draw.gauss(31, 12)))) for _ in range(500)]
    rows = []
    for prompt, completion in lengths:
        ids = [draw.randrange(4, vocabulary) for _ in range(prompt + completion)]
        rows.append({"input_ids": ids, "completion_mask": [0] * prompt + [1] * completion})
    return write("dialogues.jsonl", rows)


def labelled_rows(count, longest, vocabulary):
    draw = random.Random(1)
    rows = []
    for _ in range(count):
        length = draw.randint(longest // 8, longest)
        rows.append({"input_ids": [draw.randrange(4, vocabulary) for _ in range(length)], "label": draw.randrange(3)})
    return write(f"labelled-{longest}.jsonl", rows)


def hone(*arguments):
    return [str(HONE), "bench", *map(str, arguments)]


def peer(*arguments):
    return [sys.executable, str(HERE / "peer.py"), *map(str, arguments)]


def adapter(shape, rows):
    """A new adapter for both sides to start from, so that their losses can be compared."""
    folder = WORK / (shape + "-adapter")
    if not (folder / "adapter_model.safetensors").exists():
        subprocess.run(peer("--model", model(shape), "--rows", rows, "--write", folder), check=True)
    return folder


def lines():
    """Name of each line of the table: what Hone runs, what the other side runs, and whether losses must agree."""
    smol, bert = "smollm2-135m", "bert-base"
    rows = even_rows(64, 256, 49152)
    two = even_rows(8, 256, 49152)

    def both(method, shape, rows, batch, steps, ours=(), theirs=()):
        folder = model(shape)
        shared = ["--model", folder, "--rows", rows, "--batch", batch, "--steps", steps]
        return (
            hone(*shared, "--method", method.replace("classify-", ""), *ours),
            peer(*shared, "--method", method, *theirs),
            True,
        )

    def lora():
        start = ["--adapter", adapter(smol, rows)]
        return both("lora-all", smol, rows, 4, 6, start, start)

    # Without clipping each weight may move as soon as its gradient is there.
    loose = ["train.clip=0", "train.optimizerInBackward=true"], ["--clip", 0]
    labelled = labelled_rows(64, 128, 30522)

    def generate(batch):
        folder = model(smol)
        prompts = even_rows(8, 32, 49152)
        shared = ["--model", folder, "--rows", prompts, "--batch", batch, "--steps", 3, "--method", "generate"]
        return hone(*shared), peer(*shared), False

    def dialogues():
        folder, rows = model(smol), dialogue_rows(49152)
        return (
            hone("--model", folder, "--rows", rows, "--method", "lora-all", "--batch", 16, "--bucketed", "--steps", 5),
            [sys.executable, str(HERE / "trl_sft.py"), "--model", str(folder), "--rows", str(rows), "--steps", "3"],
            False,
        )

    def cached():
        folder = model(smol)
        return (
            hone("--model", folder, "--rows", two, "--method", "top4-cached", "--batch", 4, "--steps", 8),
            peer("--model", folder, "--rows", two, "--method", "full", "--batch", 4, "--steps", 4),
            False,
        )

    return {
        "lora": lora,
        "dialogues": dialogues,
        "full": lambda: both("full", smol, rows, 4, 5, *loose),
        "full-clipped": lambda: both("full", smol, rows, 4, 5),
        "bert": lambda: both("classify-full", bert, labelled, 8, 8, [*loose[0], "train.packing=true"], loose[1]),
        "bert-clipped": lambda: both("classify-full", bert, labelled, 8, 8),
        "cached": cached,
        "generate-1": lambda: generate(1),
        "generate-8": lambda: generate(8),
    }


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    found = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not found:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return json.loads(found[-1])


def rate(result, name):
    # From the second epoch on: the cache is filled in the first two of eight steps.
    return 1000 * 1024 / result["step_ms_median"] if name == "cached" else result["tokens_per_s"]


def compare(name, ours, theirs, agree, pairs):
    results = []
    for pair in range(pairs):
        a, b = run(ours), run(theirs)
        results.append((a, b))
        print(
            f"  {name} {pair + 1}/{pairs}: {rate(a, name):.0f} against {rate(b, name):.0f} tokens/s,"
            f" {a['peak_rss_mb']} against {b['peak_rss_mb']} MB",
            flush=True,
        )
        if agree:
            worst = max(abs(x - y) for x, y in zip(a["losses"], b["losses"]))
            print(f"    losses differ by at most {worst:.1e}", flush=True)
            if worst > 1e-3:
                raise SystemExit(f"{name}: the two sides do not compute the same")
        if name.startswith("generate") and a["ids"] != b["ids"]:
            same = sum(x == y for x, y in zip(sum(a["ids"], []), sum(b["ids"], [])))
            print(f"    {same} of {sum(map(len, a['ids']))} tokens equal", flush=True)
    ratios = [rate(a, name) / rate(b, name) for a, b in results]
    memory = [a["peak_rss_mb"] / b["peak_rss_mb"] for a, b in results]
    median = statistics.median
    return {
        "line": name,
        "hone_tokens_per_s": round(median(rate(a, name) for a, _ in results), 1),
        "peer_tokens_per_s": round(median(rate(b, name) for _, b in results), 1),
        "speed_ratio": round(median(ratios), 2),
        "speed_ratio_min": round(min(ratios), 2),
        "speed_ratio_max": round(max(ratios), 2),
        "hone_mb": median(a["peak_rss_mb"] for a, _ in results),
        "peer_mb": median(b["peak_rss_mb"] for _, b in results),
        "memory_ratio": round(median(memory), 2),
        **explained([a for a, _ in results]),
    }


def explained(ours):
    """Where our time went: the rate of the products against the machine's own, and the profile."""
    if "gflops" not in ours[0]:
        return {}
    parts = ours[0]["profile"]
    return {
        "products_share": statistics.median(a["products_share"] for a in ours),
        "of_machine_rate": round(statistics.median(a["gflops"] / a["gflops_of_machine"] for a in ours), 2),
        "profile": {part: round(statistics.median(a["profile"][part] for a in ours), 2) for part in parts},
    }


def keep(results):
    """Into results/compare.json, where lines that were not measured now stay as they were."""
    path = HERE / "results" / "compare.json"
    path.parent.mkdir(exist_ok=True)
    known = {r["line"]: r for r in json.loads(path.read_text(encoding="utf-8"))} if path.exists() else {}
    known.update((r["line"], r) for r in results)
    order = [known[name] for name in lines() if name in known]
    path.write_text(json.dumps(order, indent=2) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="lines of the table; all when none is named")
    parser.add_argument("-n", "--pairs", type=int, default=5)
    args = parser.parse_args()
    table = lines()
    unknown = [n for n in args.names if n not in table]
    if unknown:
        parser.error(f"no line {unknown[0]}; there are {', '.join(table)}")
    results = []
    for name in args.names or table:
        results.append(compare(name, *table[name](), args.pairs))
        keep(results)
    print(f"\n{'work':12} {'hone':>8} {'peer':>8} {'speed':>16} {'hone MB':>8} {'peer MB':>8} {'memory':>7}")
    for r in results:
        spread = f"{r['speed_ratio']:.2f} ({r['speed_ratio_min']:.2f}-{r['speed_ratio_max']:.2f})"
        print(
            f"{r['line']:12} {r['hone_tokens_per_s']:8.0f} {r['peer_tokens_per_s']:8.0f} {spread:>16}"
            f" {r['hone_mb']:8.0f} {r['peer_mb']:8.0f} {r['memory_ratio']:7.2f}"
        )


main()
