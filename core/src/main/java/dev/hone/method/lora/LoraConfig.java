package dev.hone.method.lora;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.Range;
import dev.hone.method.MethodConfig;
import java.util.List;
import java.util.Map;

/** LoRA: a frozen weight plus a trained product of two small matrices (arXiv:2106.09685). */
@Name("lora")
@Doc("LoRA: a frozen weight plus a trained product of two small matrices (arXiv:2106.09685)")
public record LoraConfig(
    @Doc("Inner size r of the product") @Range(min = 1, max = 4096) int rank,
    @Doc("The product is scaled by alpha / rank") @Range(min = 0) double alpha,
    @Doc("Dropout on the input of the product, while training") @Range(min = 0, max = 0.95)
        double dropout,
    @Doc("Modules to adapt: names or name endings; [all-linear] takes every linear but the head")
        List<String> targetModules,
    @Doc("Scale by alpha / sqrt(rank) instead (rsLoRA, arXiv:2312.03732)") boolean rankStabilized,
    @Doc("Modules that are trained whole and saved with the adapter") List<String> modulesToSave,
    @Doc("Other ranks for modules whose name matches the key") Map<String, Integer> rankPattern,
    @Doc("Other alphas for modules whose name matches the key") Map<String, Double> alphaPattern)
    implements MethodConfig {

  /** The same with other modules trained whole. */
  LoraConfig saving(List<String> modules) {
    return new LoraConfig(
        rank,
        alpha,
        dropout,
        targetModules,
        rankStabilized,
        List.copyOf(modules),
        rankPattern,
        alphaPattern);
  }

  public static LoraConfig defaults() {
    return new LoraConfig(8, 16, 0.0, List.of("all-linear"), false, List.of(), Map.of(), Map.of());
  }
}
