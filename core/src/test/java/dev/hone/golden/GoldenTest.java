package dev.hone.golden;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GoldenTest {
  private static final Path GOLDEN =
      Path.of(System.getProperty("hone.root")).resolve("../shared/golden").normalize();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama_bf16_sharded",
        "llama_gqa_tied",
        "llama_headdim_bias",
        "llama_rope_llama3",
        "llama_seqcls",
        "llama_untied",
        "gpt2",
        "mistral",
        "qwen2",
        "qwen3",
        "gemma",
        "gemma2",
        "phi3",
        "olmo2",
        "smollm3",
        "starcoder2",
        "gpt_neox",
        "opt",
        "bloom",
        "bert_mlm",
        "bert_regression",
        "bert_seqcls",
        "bert_tokencls",
        "albert_seqcls",
        "deberta_v2_seqcls",
        "distilbert_seqcls",
        "modernbert_seqcls",
        "roberta_seqcls",
        "t5_v1_0",
        "t5_v1_1",
        "t5_v1_0/peft/lora",
        "bert_seqcls/peft/lora",
        "bert_seqcls/peft/lora_qv",
        "gpt2/peft/lora",
        "gpt_neox/peft/lora",
        "phi3/peft/lora",
        "distilbert_seqcls/peft/lora",
        "bert_seqcls/peft/ia3",
        "bert_seqcls/adapterhub/houlsby",
        "bert_seqcls/adapterhub/pfeiffer",
        "gpt2/adapterhub/houlsby",
        "llama_gqa_tied/adapterhub/houlsby",
        "llama_gqa_tied/adapterhub/pfeiffer",
        "llama_gqa_tied/peft/adalora",
        "llama_gqa_tied/peft/adalora_alloc",
        "llama_gqa_tied/peft/dora",
        "llama_gqa_tied/peft/ia3",
        "llama_gqa_tied/peft/ln_tuning",
        "llama_gqa_tied/peft/loha",
        "llama_gqa_tied/peft/lora",
        "llama_gqa_tied/peft/lora_patterns",
        "llama_gqa_tied/peft/lora_qv",
        "llama_gqa_tied/peft/multi_lora",
        "bert_seqcls/peft/prompt",
        "gpt2/peft/prefix",
        "llama_gqa_tied/peft/prefix",
        "llama_gqa_tied/peft/prefix_projection",
        "llama_gqa_tied/peft/prompt",
        "llama_gqa_tied/peft/ptuning_mlp",
        "llama_gqa_tied/peft/rslora",
        "llama_gqa_tied/peft/vera",
        "llama_seqcls/peft/lora",
        "llama_untied/peft/lora_modules_to_save"
      })
  void givesTheReferencesNumbers(String name) {
    Path folder = GOLDEN.resolve(name);
    Assumptions.assumeTrue(Files.isDirectory(folder), "no reference data at " + folder);
    // The folder of a base model also holds its adapters, which have lines of their own.
    CaseResult result =
        Golden.check(folder, r -> {}).stream()
            .filter(r -> r.name().equals(folder.getFileName().toString()))
            .findFirst()
            .orElseThrow();
    assertTrue(result.matches(), result.line());
  }
}
