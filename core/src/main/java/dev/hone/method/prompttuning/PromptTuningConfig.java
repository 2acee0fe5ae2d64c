package dev.hone.method.prompttuning;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.Range;
import dev.hone.method.PeftJson;
import dev.hone.method.SoftPromptConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Prompt tuning: trained vectors before those of every row's tokens (arXiv:2104.08691). */
@Name("prompt-tuning")
@Doc("Prompt tuning: trained vectors before those of every row's tokens (arXiv:2104.08691)")
public record PromptTuningConfig(
    @Doc("How many vectors") @Range(min = 1, max = 4096) int numVirtualTokens,
    @Doc("What they begin as: tokens drawn from the vocabulary, those of a text, or random numbers")
        Start promptTuningInit,
    @Doc("The text of promptTuningInit: text; it is cut or repeated to fit")
        String promptTuningInitText,
    @Doc("Learning rate of the vectors as a multiple of the run's") @Range(min = 0.001, max = 1000)
        double rateFactor,
    @Doc("How many times the vectors stand in the file; PEFT writes 2 for encoder-decoders")
        @Range(min = 1, max = 2)
        int numTransformerSubmodules,
    @Doc("Modules that are trained whole and saved with the adapter") List<String> modulesToSave)
    implements SoftPromptConfig {

  public static PromptTuningConfig defaults() {
    return new PromptTuningConfig(20, Start.SAMPLE_VOCAB, "", 30, 1, List.of());
  }

  /** The configuration that a file of PEFT's has. */
  public static PromptTuningConfig read(PeftJson json) {
    json.ignore(
        "num_attention_heads",
        "num_layers",
        "prompt_tuning_init",
        "prompt_tuning_init_text",
        "token_dim",
        "tokenizer_kwargs",
        "tokenizer_name_or_path");
    PromptTuningConfig defaults = defaults();
    return new PromptTuningConfig(
        json.rank("num_virtual_tokens"),
        defaults.promptTuningInit,
        defaults.promptTuningInitText,
        defaults.rateFactor,
        json.rank("num_transformer_submodules"),
        json.modulesToSave());
  }

  @Override
  public String peftType() {
    return "PROMPT_TUNING";
  }

  @Override
  public Start start() {
    return promptTuningInit;
  }

  @Override
  public String text() {
    return promptTuningInitText;
  }

  @Override
  public Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("num_transformer_submodules", numTransformerSubmodules);
    // PEFT would ask for a tokenizer with TEXT, although a finished adapter needs none.
    fields.put(
        "prompt_tuning_init", promptTuningInit == Start.TEXT ? "RANDOM" : promptTuningInit.name());
    fields.put("prompt_tuning_init_text", null);
    fields.put("tokenizer_name_or_path", null);
    return fields;
  }
}
