package dev.hone.method.lora;

import dev.hone.error.HoneException;
import dev.hone.method.Bias;
import dev.hone.method.Leaves;
import dev.hone.method.Methods;
import dev.hone.method.PeftMethod;
import dev.hone.model.Model;
import dev.hone.tensor.DType;
import dev.hone.tensor.Functional;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Linalg;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes one LoRA adapter of several, each with a weight, as PEFT's {@code add_weighted_adapter}.
 *
 * @param svdRank rank of a decomposed result; 0 takes the largest of the adapters
 * @param density share of the elements that pruning keeps
 * @param majority what decides the sign that wins, for the TIES ways
 */
public record Combination(Type type, int svdRank, double density, MajoritySign majority) {

  /** How the matrices are put together. */
  public enum Type {
    /** A with A and B with B: quick, and the rougher the more the adapters differ. */
    LINEAR,
    /** Side by side: exact, with the sum of the ranks. */
    CAT,
    /** The sum of the products, decomposed again. */
    SVD,
    TIES,
    TIES_SVD,
    DARE_LINEAR,
    DARE_TIES,
    DARE_LINEAR_SVD,
    DARE_TIES_SVD,
    MAGNITUDE_PRUNE,
    MAGNITUDE_PRUNE_SVD;

    private boolean decomposes() {
      return this == SVD || name().endsWith("_SVD");
    }
  }

  /** Which sign wins: of the sum of the values, or of most of them. */
  public enum MajoritySign {
    TOTAL,
    FREQUENCY
  }

  /** One adapter's pair at one place, with its weight. */
  private record Part(Pair pair, double weight) {
    double scaled() {
      return weight * pair.scale();
    }
  }

  /** This way with nothing pruned, where it decomposes to the largest of the ranks. */
  public static Combination of(Type type) {
    return new Combination(type, 0, 1, MajoritySign.TOTAL);
  }

  /**
   * The combined adapter. Dares draw from the engine's seeded numbers.
   *
   * @param weights one for each adapter; may be negative
   * @throws HoneException when adapters cannot be combined this way
   */
  public Lora of(List<Lora> adapters, double[] weights, Model model) {
    if (adapters.isEmpty() || adapters.size() != weights.length) {
      throw new HoneException(
          "combine: " + adapters.size() + " adapters and " + weights.length + " weights");
    }
    adapters.forEach(Combination::requirePlain);
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Set<String> places = new LinkedHashSet<>();
      adapters.forEach(a -> places.addAll(a.places()));
      Map<String, Pair> combined = new LinkedHashMap<>();
      for (String place : places) {
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < weights.length; i++) {
          Pair pair = adapters.get(i).pairAt(place);
          if (pair != null) {
            parts.add(new Part(pair.joined(), weights[i]));
          }
        }
        if (!parts.isEmpty()) {
          combined.put(place, combined(place, parts));
        }
      }
      return assembled(combined, Map.of(), LoraConfig.defaults(), model, "the combined adapter");
    }
  }

  private static void requirePlain(Lora adapter) {
    LoraConfig config = adapter.config();
    boolean whole = config.dora() || config.loraBias() || config.ensureWeightTying();
    if (whole || adapter.replaces()) {
      throw new HoneException(
          "combine: adapters with DoRA or tied heads, or with biases, whole modules or rows of"
              + " tokens of their own, cannot be combined");
    }
  }

  /**
   * An adapter of pairs whose scale is 1, whatever their ranks are.
   *
   * @param whole parameters that it holds besides, by name
   * @param saved says which modules and biases these are
   */
  static Lora assembled(
      Map<String, Pair> pairs,
      Map<String, Tensor> whole,
      LoraConfig saved,
      Model model,
      String origin) {
    int rank = pairs.values().stream().mapToInt(p -> (int) p.a().size(0)).max().orElse(1);
    Map<String, Integer> ranks = new LinkedHashMap<>();
    Map<String, Double> alphas = new LinkedHashMap<>();
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    pairs.forEach(
        (place, pair) -> {
          int own = (int) pair.a().size(0);
          if (own != rank) {
            ranks.put(place, own);
            alphas.put(place, (double) own);
          }
          Lora.name(tensors, PeftMethod.PREFIX + place + ".", pair, isTable(place, model));
        });
    whole.forEach((name, tensor) -> tensors.put(Bias.inFile(name, pairs.keySet()), tensor));
    LoraConfig config =
        new LoraConfig(rank, rank, 0, List.copyOf(pairs.keySet()), false, List.of(), ranks, alphas)
            .saving(saved.modulesToSave(), saved.bias());
    return Methods.begun(new Lora(config, model, Leaves.from(tensors, origin)));
  }

  private static boolean isTable(String place, Model model) {
    return !model.linears().containsKey(place);
  }

  private Pair combined(String place, List<Part> parts) {
    if (type == Type.CAT) {
      return pair(
          Tensors.cat(parts.stream().map(p -> p.pair().a().mul(p.scaled())).toList(), 0),
          Tensors.cat(parts.stream().map(p -> p.pair().b()).toList(), 1));
    }
    if (type.decomposes()) {
      List<Tensor> deltas =
          parts.stream().map(p -> p.pair().delta().mul(p.pair().scale())).toList();
      double[] weights = parts.stream().mapToDouble(Part::weight).toArray();
      int most = parts.stream().mapToInt(p -> (int) p.pair().a().size(0)).max().orElse(1);
      return decomposed(mixed(deltas, weights), svdRank > 0 ? svdRank : most);
    }
    long ranks = parts.stream().map(p -> p.pair().a().size(0)).distinct().count();
    if (ranks > 1) {
      throw new HoneException(
          "combine: at "
              + place
              + " the adapters have different ranks; use cat or one of the ways with svd");
    }
    // The root of the weight goes to either side, its sign to A alone.
    double[] left = parts.stream().mapToDouble(p -> Math.sqrt(Math.abs(p.scaled()))).toArray();
    double[] right = left.clone();
    for (int i = 0; i < left.length; i++) {
      right[i] *= parts.get(i).scaled() < 0 ? -1 : 1;
    }
    return pair(
        mixed(parts.stream().map(p -> p.pair().a()).toList(), right),
        mixed(parts.stream().map(p -> p.pair().b()).toList(), left));
  }

  private static Pair pair(Tensor a, Tensor b) {
    return new Pair(a, b, null, 1, 0);
  }

  /** The best product of this rank. */
  static Pair decomposed(Tensor delta, int rank) {
    Linalg.Svd svd = Linalg.svd(delta);
    long most = Math.min(rank, svd.s().size(0));
    return pair(
        svd.vh().narrow(0, 0, most), svd.u().narrow(1, 0, most).mul(svd.s().narrow(0, 0, most)));
  }

  private Tensor mixed(List<Tensor> tensors, double[] weights) {
    List<Tensor> pruned = tensors.stream().map(this::pruned).toList();
    Tensor stacked = Tensors.stack(pruned, 0);
    float[] narrow = new float[weights.length];
    for (int i = 0; i < weights.length; i++) {
      narrow[i] = (float) weights[i];
    }
    Tensor weighted = stacked.mul(Tensors.of(narrow, weights.length, 1, 1));
    if (!type.name().contains("TIES")) {
      return weighted.sum(0);
    }
    Tensor agrees = agrees(stacked);
    Tensor count = agrees.sum(0);
    Tensor atLeastOne = count.add(count.eq(0).to(DType.F32));
    return weighted.mul(agrees).sum(0).div(atLeastOne);
  }

  private Tensor pruned(Tensor t) {
    boolean keeps = type == Type.LINEAR || type == Type.SVD || density >= 1;
    if (keeps) {
      return t;
    }
    return type.name().startsWith("DARE")
        ? Functional.dropout(t, 1 - density, true)
        : largest(t, (long) (density * t.numel()));
  }

  /** All but the elements with the largest values set to zero. */
  private static Tensor largest(Tensor t, long count) {
    Tensor flat = t.abs().reshape(-1);
    Tensor mask = Tensors.zeros(flat.numel());
    Tensor first = flat.sortDescending()[1].narrow(0, 0, count);
    mask.scatterInPlace(first, Tensors.ones(count));
    return t.mul(mask.reshape(t.shape()));
  }

  /** 1 where an element has the sign that wins at its place; a sum of zero counts as positive. */
  private Tensor agrees(Tensor stacked) {
    Tensor sign = sign(stacked);
    Tensor votes = (majority == MajoritySign.TOTAL ? stacked : sign).sum(0);
    Tensor zero = Tensors.zeros(1);
    Tensor winner = votes.lt(zero).to(DType.F32).mul(-2.0).add(1.0);
    return sign.sub(winner).eq(0).to(DType.F32);
  }

  private static Tensor sign(Tensor t) {
    Tensor zero = Tensors.zeros(1);
    return t.gt(zero).to(DType.F32).sub(t.lt(zero).to(DType.F32));
  }
}
