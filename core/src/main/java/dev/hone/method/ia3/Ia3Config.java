package dev.hone.method.ia3;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.method.PeftConfig;
import dev.hone.method.PeftJson;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** IA3: a trained scale on what chosen linears give or take (arXiv:2205.05638). */
@Name("ia3")
@Doc("IA3: a trained scale on what chosen linears give or take (arXiv:2205.05638)")
public record Ia3Config(
    @Doc("Linears to scale: names or name endings; empty takes the family's keys, values and last")
        List<String> targetModules,
    @Doc("Those of them whose input is scaled, not their output: name endings")
        List<String> feedforwardModules,
    @Doc("Targets that are left out after all: names or name endings") List<String> excludeModules,
    @Doc("Modules that are trained whole and saved with the adapter") List<String> modulesToSave)
    implements PeftConfig {

  public static Ia3Config defaults() {
    return new Ia3Config(List.of(), List.of(), List.of(), List.of());
  }

  /** The configuration that a file of PEFT's has. */
  public static Ia3Config read(PeftJson json) {
    json.ignore("init_ia3_weights");
    return new Ia3Config(
        json.targetModules(),
        json.modules("feedforward_modules"),
        json.modules("exclude_modules"),
        json.modulesToSave());
  }

  @Override
  public String peftType() {
    return "IA3";
  }

  @Override
  public Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("feedforward_modules", feedforwardModules);
    fields.put("init_ia3_weights", true);
    return fields;
  }
}
