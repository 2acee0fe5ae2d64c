package dev.hone.method.lntuning;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.method.PeftConfig;
import dev.hone.method.PeftJson;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** LN tuning: only the norms train (arXiv:2312.11420). */
@Name("ln-tuning")
@Doc("LN tuning: only the norms train (arXiv:2312.11420)")
public record LnTuningConfig(
    @Doc("Norms to train: names or name endings; empty takes all of them")
        List<String> targetModules,
    @Doc("Targets that are left out after all: names or name endings") List<String> excludeModules,
    @Doc("Modules that are trained whole and saved with the adapter") List<String> modulesToSave)
    implements PeftConfig {

  public static LnTuningConfig defaults() {
    return new LnTuningConfig(List.of(), List.of(), List.of());
  }

  /** The configuration that a file of PEFT's has. */
  public static LnTuningConfig read(PeftJson json) {
    return new LnTuningConfig(
        json.targetModules(), json.modules("exclude_modules"), json.modulesToSave());
  }

  @Override
  public String peftType() {
    return "LN_TUNING";
  }

  @Override
  public Map<String, @Nullable Object> fields() {
    return Map.of();
  }
}
