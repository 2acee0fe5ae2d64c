package dev.hone.config;

import dev.hone.error.Nearest;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What users of Transformers, PEFT and TRL call the keys of a recipe: they get the word here. */
final class OtherWords {
  private static final Map<String, String> KEYS =
      Map.ofEntries(
          Map.entry("r", "rank"),
          Map.entry("lora_r", "rank"),
          Map.entry("lora_alpha", "alpha"),
          Map.entry("lora_dropout", "dropout"),
          Map.entry("lora_target_modules", "targetModules"),
          Map.entry("use_rslora", "rankStabilized"),
          Map.entry("use_dora", "dora"),
          Map.entry("init_lora_weights", "start"),
          Map.entry("learning_rate", "rate"),
          Map.entry("lr", "rate"),
          Map.entry("per_device_train_batch_size", "batch"),
          Map.entry("per_device_eval_batch_size", "batch"),
          Map.entry("micro_batch_size", "microBatch"),
          Map.entry("batch_size", "batch"),
          Map.entry("num_train_epochs", "epochs"),
          Map.entry("num_epochs", "epochs"),
          Map.entry("max_steps", "steps"),
          Map.entry("warmup_ratio", "warmup"),
          Map.entry("warmup_steps", "warmup"),
          Map.entry("lr_scheduler_type", "schedule"),
          Map.entry("lr_scheduler", "schedule"),
          Map.entry("max_grad_norm", "clip"),
          Map.entry("adam_beta1", "beta1"),
          Map.entry("adam_beta2", "beta2"),
          Map.entry("adam_epsilon", "epsilon"),
          Map.entry("label_smoothing_factor", "labelSmoothing"),
          Map.entry("eval_steps", "evaluateEvery"),
          Map.entry("save_steps", "checkpointEvery"),
          Map.entry("early_stopping_patience", "patience"),
          Map.entry("load_best_model_at_end", "keepBest"),
          Map.entry("max_length", "maxTokens"),
          Map.entry("max_seq_length", "maxTokens"),
          Map.entry("cutoff_len", "maxTokens"),
          Map.entry("sequence_len", "maxTokens"),
          Map.entry("base_model", "model"),
          Map.entry("model_name_or_path", "model"),
          Map.entry("output_dir", "runs"),
          Map.entry("bf16", "compute"),
          Map.entry("load_in_4bit", "dtype"),
          Map.entry("load_in_8bit", "dtype"));

  /** Kinds that are no types of their own here, and how to have them. */
  private static final Map<String, String> TYPES =
      Map.of(
          "qlora", "type lora with dtype: nf4 beside method",
          "dora", "type lora with dora: true",
          "rslora", "type lora with rankStabilized: true",
          "pissa", "type lora with start: pissa",
          "loftq", "type lora with start: loftq and a quantised dtype",
          "freeze", "type full with train: [top-1] or other parameters",
          "houlsby", "type bottleneck with preset: houlsby",
          "pfeiffer", "type bottleneck with preset: pfeiffer",
          "ipo", "type dpo with lossType: ipo");

  private OtherWords() {}

  /** A hint for a key that is none of the known ones. */
  static String hint(String key, Collection<String> known) {
    if (key.contains(":")) {
      return " (a blank is missing behind the colon: '" + key.replaceFirst(": *", ": ") + "')";
    }
    String snake = snake(key);
    String meant = KEYS.getOrDefault(snake, "");
    if (known.contains(meant)) {
      return here(meant);
    }
    String near = Nearest.hint(key, known);
    return KEYS.keySet().stream()
        .filter(word -> !isGuess(near) && word.length() > 4 && known.contains(KEYS.get(word)))
        .filter(word -> isGuess(Nearest.hint(snake, List.of(word))))
        .findFirst()
        .map(word -> here(KEYS.get(word)))
        .orElse(near);
  }

  private static String here(@Nullable String word) {
    return " (here it is '" + word + "')";
  }

  private static boolean isGuess(String hint) {
    return hint.startsWith(" (did");
  }

  /** How to have what is no type here; empty where nobody calls anything so. */
  static Optional<String> type(String word) {
    return Optional.ofNullable(TYPES.get(word.toLowerCase(Locale.ROOT)));
  }

  private static String snake(String key) {
    return key.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }
}
