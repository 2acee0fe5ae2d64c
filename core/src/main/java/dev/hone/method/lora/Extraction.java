package dev.hone.method.lora;

import dev.hone.error.HoneException;
import dev.hone.method.Bias;
import dev.hone.method.Targets;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The adapter that comes nearest to a model which was tuned whole: the difference of each weight,
 * cut to a rank by its singular values.
 *
 * @param lora to be closed by the caller
 * @param lost the share of the difference (of its Frobenius norm) that the rank could not hold
 */
public record Extraction(Lora lora, double lost) {

  /**
   * @param config whose rank, targets, modules to save and biases count
   * @param base to which the adapter will belong
   * @param tuned of the same shape
   * @throws HoneException when they differ where no adapter reaches
   */
  public static Extraction of(LoraConfig config, Model base, Model tuned) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Map<String, Tensor> after = values(tuned);
      Targets targets = new Targets(config, base);
      Map<String, Pair> pairs = new LinkedHashMap<>();
      double all = 0;
      double left = 0;
      for (Linear linear : targets.linears()) {
        Tensor moved = after.remove(linear.weight().name());
        Tensor difference = difference(linear.weight(), moved);
        Tensor delta = linear.transposed() ? difference.t() : difference;
        int rank = Targets.byPattern(config.rankPattern(), linear.name(), config.rank());
        Pair pair = Combination.decomposed(delta, rank);
        all += delta.square().sum().item();
        left += delta.sub(pair.delta()).square().sum().item();
        pairs.put(linear.name(), pair);
      }
      Map<String, Tensor> whole = new LinkedHashMap<>();
      Set<String> kept = new LinkedHashSet<>(targets.savedParameters());
      kept.addAll(config.bias().names(base, pairs.keySet()));
      for (String name : kept) {
        Linear tied = base.linears().get(Targets.module(name));
        String held = after.containsKey(name) || tied == null ? name : tied.weight().name();
        Tensor value = after.get(held);
        if (value != null) {
          whole.put(name, value);
        }
      }
      whole.keySet().forEach(after::remove);
      requireEqual(base, after);
      if (all == 0 && whole.isEmpty()) {
        throw new HoneException("extract: both models are the same, down to the last weight");
      }
      Lora lora = Combination.assembled(pairs, whole, config, base, "the extracted adapter");
      return new Extraction(lora, all == 0 ? 0 : Math.sqrt(left / all));
    }
  }

  /** The same configuration, which also saves whatever differs beside its targets. */
  public static LoraConfig covering(LoraConfig config, Model base, Model tuned) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Map<String, Tensor> after = values(tuned);
      new Targets(config, base).linears().forEach(l -> after.remove(l.weight().name()));
      Set<String> modules = new LinkedHashSet<>(config.modulesToSave());
      Bias biases = config.bias();
      for (Parameter parameter : base.parameters()) {
        Tensor moved = after.get(parameter.name());
        if (moved == null || moved.contentEquals(parameter.value())) {
          continue;
        }
        if (parameter.name().endsWith(".bias")
            && base.linears().containsKey(Targets.module(parameter.name()))) {
          biases = Bias.ALL;
        } else {
          modules.add(Targets.module(parameter.name()));
          base.linears().values().stream()
              .filter(tied -> tied.weight().name().equals(parameter.name()))
              .forEach(tied -> modules.add(tied.name()));
        }
      }
      return config.saving(List.copyOf(modules), biases);
    }
  }

  private static Map<String, Tensor> values(Model model) {
    Map<String, Tensor> values = new HashMap<>();
    model.parameters().forEach(p -> values.put(p.name(), p.value()));
    return values;
  }

  private static Tensor difference(Parameter base, @Nullable Tensor moved) {
    if (moved == null || !Arrays.equals(moved.shape(), base.value().shape())) {
      throw new HoneException(
          "extract: the tuned model has no '" + base.name() + "' of the base's shape");
    }
    return moved.sub(base.value());
  }

  private static void requireEqual(Model base, Map<String, Tensor> after) {
    for (Parameter parameter : base.parameters()) {
      Tensor moved = after.get(parameter.name());
      if (moved != null && !moved.contentEquals(parameter.value())) {
        throw new HoneException(
            "extract: '"
                + parameter.name()
                + "' differs too, and is no target; an adapter from these targets would not be the"
                + " tuned model (modulesToSave and bias take such parameters whole)");
      }
    }
  }
}
