"""One measured run of TRL's SFTTrainer at its defaults on rows of prompt and completion, LoRA r=8 on all linears.

Only what must be given is given: the model, the rows, the adapter, the number of steps. Batch size, padding,
checkpointing, optimiser and collator are TRL's own.
"""

import argparse
import json
import resource
import tempfile
import time

started = time.perf_counter()

import tokenizers
import torch
import transformers
from datasets import Dataset
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--model", required=True)
parser.add_argument("--rows", required=True)
parser.add_argument("--steps", type=int, default=6)
args = parser.parse_args()

with open(args.rows, encoding="utf-8") as lines:
    rows = [json.loads(line) for line in lines]


class Clock(transformers.TrainerCallback):
    """When each step began and ended."""

    def __init__(self):
        self.begun, self.seconds, self.first = 0.0, [], None

    def on_step_begin(self, *_, **__):
        self.begun = time.perf_counter()

    def on_step_end(self, *_, **__):
        self.seconds.append(time.perf_counter() - self.begun)
        self.first = self.first or time.perf_counter() - started


class Counted:
    """TRL's collator, with the real tokens of each batch counted on the way."""

    def __init__(self, collator):
        self.collator, self.tokens = collator, []

    def __call__(self, examples):
        self.tokens.append(sum(len(e["input_ids"]) for e in examples))
        return self.collator(examples)


model = transformers.AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32)
# Rows hold ids already; TRL only asks which of them pads and which ends.
words = tokenizers.Tokenizer(tokenizers.models.WordLevel({f"t{i}": i for i in range(model.config.vocab_size)}, "t0"))
tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=words, pad_token="t0", eos_token="t1")
clock = Clock()
with tempfile.TemporaryDirectory() as folder:
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(
            output_dir=folder, max_steps=args.steps, report_to="none", use_cpu=True, bf16=False, save_strategy="no"
        ),
        train_dataset=Dataset.from_list(
            [{"input_ids": r["input_ids"], "completion_mask": r["completion_mask"]} for r in rows]
        ),
        processing_class=tokenizer,
        peft_config=LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM"),
        callbacks=[clock],
    )
    trainer.data_collator = Counted(trainer.data_collator)
    trainer.train()
warm = clock.seconds[1:] or clock.seconds
tokens = trainer.data_collator.tokens[: len(clock.seconds)]
ordered = sorted(warm)
print(
    json.dumps(
        {
            "side": "trl",
            "method": "lora-all",
            "tokens_per_s": round(sum(tokens[1:] or tokens) / sum(warm), 1),
            "step_ms_median": round(1000 * ordered[len(ordered) // 2], 1),
            "step_ms_min": round(1000 * ordered[0], 1),
            "step_ms_max": round(1000 * ordered[-1], 1),
            "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "seconds_to_first_step": round(clock.first, 2),
        }
    )
)
