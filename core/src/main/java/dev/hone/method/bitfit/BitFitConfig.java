package dev.hone.method.bitfit;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.method.PeftConfig;
import dev.hone.method.PeftJson;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * BitFit: only the biases train (arXiv:2106.10199).
 *
 * <p>PEFT has no files for it. Ours are laid out like PEFT's: {@code peft_type} is BITFIT, and each
 * bias is a tensor under the parameter's name with {@code base_model.model.} before it.
 */
@Name("bitfit")
@Doc("BitFit: only the biases train (arXiv:2106.10199)")
public record BitFitConfig(
    @Doc("Modules whose biases train: names or name endings; empty takes all that have one")
        List<String> targetModules,
    @Doc("Modules that are trained whole and saved with the adapter") List<String> modulesToSave)
    implements PeftConfig {

  public static BitFitConfig defaults() {
    return new BitFitConfig(List.of(), List.of());
  }

  /** The configuration that a file has. */
  public static BitFitConfig read(PeftJson json) {
    return new BitFitConfig(json.targetModules(), json.modulesToSave());
  }

  @Override
  public String peftType() {
    return "BITFIT";
  }

  @Override
  public Map<String, @Nullable Object> fields() {
    return Map.of();
  }
}
