"""One measured run of Transformers + PEFT: the same work as `hone bench`, one JSON line out.

A plain training loop, as a careful user writes it: SDPA attention, fused AdamW, right padding to the
longest row of a batch, linear layers of MKL, no gradient checkpointing.
"""

import argparse
import json
import os
import resource
import time

started = time.perf_counter()

import torch
import transformers


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument(
        "--method", default="lora-all", choices=["full", "lora", "lora-all", "classify-full", "generate"]
    )
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--rows", required=True, help="JSONL with input_ids and completion_mask or label")
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--clip", type=float, default=1.0, help="largest gradient norm; 0 means no clipping")
    parser.add_argument("--adapter", help="start from this adapter")
    parser.add_argument("--write", help="write a new adapter to this folder and stop")
    parser.add_argument("--tokens", type=int, default=128, help="new tokens of --method generate")
    parser.add_argument("--threads", type=int, default=0)
    return parser.parse_args()


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def collate(rows, pad):
    width = max(len(row["input_ids"]) for row in rows)
    ids = torch.full((len(rows), width), pad)
    mask = torch.zeros((len(rows), width), dtype=torch.long)
    labels = torch.full((len(rows), width), -100)
    for i, row in enumerate(rows):
        n = len(row["input_ids"])
        ids[i, :n] = torch.tensor(row["input_ids"])
        mask[i, :n] = 1
        learned = torch.tensor(row.get("completion_mask", [1] * n), dtype=torch.bool)
        labels[i, :n] = torch.where(learned, ids[i, :n], torch.tensor(-100))
    batch = {"input_ids": ids, "attention_mask": mask}
    if "label" in rows[0]:
        batch["labels"] = torch.tensor([row["label"] for row in rows])
    else:
        batch["labels"] = labels
    return batch, int(mask.sum())


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def load(args):
    kind = (
        transformers.AutoModelForSequenceClassification
        if args.method.startswith("classify")
        else transformers.AutoModelForCausalLM
    )
    return kind.from_pretrained(args.model, dtype=torch.float32, attn_implementation="sdpa")


def train(args, rows):
    model = load(args)
    # Dropout would give each side random numbers of its own, and no loss could be compared.
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    for name in ("attention_probs_dropout_prob", "hidden_dropout_prob", "attn_pdrop", "resid_pdrop", "embd_pdrop"):
        if hasattr(model.config, name):
            setattr(model.config, name, 0.0)
    if args.method.startswith("lora"):
        import peft

        if args.adapter:
            model = peft.PeftModel.from_pretrained(model, args.adapter, is_trainable=True)
        else:
            targets = "all-linear" if args.method == "lora-all" else ["q_proj", "v_proj"]
            model = peft.get_peft_model(
                model, peft.LoraConfig(r=8, lora_alpha=16, target_modules=targets, task_type="CAUSAL_LM")
            )
        if args.write:
            model.save_pretrained(args.write)
            raise SystemExit
    model.train()
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=args.rate, weight_decay=0.01, fused=True)
    pad = model.config.pad_token_id if model.config.pad_token_id is not None else 0
    seconds, losses, tokens, first = [], [], [], None
    for step in range(args.steps):
        at = (step * args.batch) % len(rows)
        begun = time.perf_counter()
        batch, real = collate(rows[at : at + args.batch], pad)
        loss = model(**batch).loss
        loss.backward()
        if args.clip > 0:
            torch.nn.utils.clip_grad_norm_(parameters, args.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        seconds.append(time.perf_counter() - begun)
        tokens.append(real)
        first = first or time.perf_counter() - started
    return seconds, losses, tokens, first


def generate(args, rows):
    model = load(args).eval()
    prompts = rows[: args.batch]
    width = max(len(row["input_ids"]) for row in prompts)
    ids = torch.zeros((len(prompts), width), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(prompts):  # left padding, as Transformers asks for
        n = len(row["input_ids"])
        ids[i, width - n :] = torch.tensor(row["input_ids"])
        mask[i, width - n :] = 1
    seconds, first, answer = [], None, None
    for _ in range(args.steps):
        begun = time.perf_counter()
        with torch.inference_mode():
            out = model.generate(
                input_ids=ids,
                attention_mask=mask,
                do_sample=False,
                min_new_tokens=args.tokens,
                max_new_tokens=args.tokens,
                pad_token_id=0,
            )
        seconds.append(time.perf_counter() - begun)
        first = first or time.perf_counter() - started
        answer = out[:, width:].tolist()
    return seconds, answer, [len(prompts) * args.tokens] * args.steps, first


def main():
    args = arguments()
    torch.manual_seed(1)
    torch.set_num_threads(args.threads or len(os.sched_getaffinity(0)))
    rows = read(args.rows)
    work = generate if args.method == "generate" else train
    seconds, results, tokens, first = work(args, rows)
    # The first step warms up: allocations, thread pools, caches.
    warm = seconds[1:] or seconds
    ordered = sorted(warm)
    line = {
        "side": "transformers",
        "method": args.method,
        "tokens_per_s": round(sum(tokens[1:] or tokens) / sum(warm), 1),
        "step_ms_median": round(1000 * ordered[len(ordered) // 2], 1),
        "step_ms_min": round(1000 * ordered[0], 1),
        "step_ms_max": round(1000 * ordered[-1], 1),
        "peak_rss_mb": round(peak_mb()),
        "seconds_to_first_step": round(first, 2),
    }
    if args.method == "generate":
        line["ids"] = results
    else:
        line.update(loss_first=results[0], loss_last=results[-1], losses=results)
    print(json.dumps(line))


main()
