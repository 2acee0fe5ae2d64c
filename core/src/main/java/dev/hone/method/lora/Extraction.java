package dev.hone.method.lora;

import dev.hone.error.HoneException;
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
import java.util.Map;
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
   * @param config whose rank and targets count
   * @param base to which the adapter will belong
   * @param tuned of the same shape
   * @throws HoneException when they differ where no adapter reaches
   */
  public static Extraction of(LoraConfig config, Model base, Model tuned) {
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Map<String, Tensor> after = new HashMap<>();
      tuned.parameters().forEach(p -> after.put(p.name(), p.value()));
      Map<String, Pair> pairs = new LinkedHashMap<>();
      double all = 0;
      double left = 0;
      for (Linear linear : new Targets(config, base).linears()) {
        Tensor moved = after.remove(linear.weight().name());
        Tensor difference = difference(linear.weight(), moved);
        Tensor delta = linear.transposed() ? difference.t() : difference;
        int rank = Targets.byPattern(config.rankPattern(), linear.name(), config.rank());
        Pair pair = Combination.decomposed(delta, rank);
        all += delta.square().sum().item();
        left += delta.sub(pair.delta()).square().sum().item();
        pairs.put(linear.name(), pair);
      }
      requireEqual(base, after);
      Lora lora = Combination.assembled(pairs, base, "the extracted adapter");
      return new Extraction(lora, all == 0 ? 0 : Math.sqrt(left / all));
    }
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
                + " tuned model");
      }
    }
  }
}
