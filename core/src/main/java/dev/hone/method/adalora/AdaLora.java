package dev.hone.method.adalora;

import dev.hone.error.HoneException;
import dev.hone.method.Change;
import dev.hone.method.Leaves;
import dev.hone.method.PeftMethod;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.tensor.Linalg;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * AdaLoRA (arXiv:2303.10512): y = W x + s B (E * (A x)), a singular value decomposition of the
 * change, whose values E are switched off one by one where they matter least.
 */
public final class AdaLora extends PeftMethod {
  /** PEFT divides by the rank and this. */
  private static final double EPSILON = 1e-5;

  private final AdaLoraConfig config;
  private final Map<String, Triple> triples = new LinkedHashMap<>();
  private final Allocator allocator;
  private int totalSteps;

  public AdaLora(AdaLoraConfig config, Model model, Leaves leaves) {
    super(config, model, leaves);
    this.config = config;
    this.allocator = new Allocator(config, triples.values());
    this.totalSteps = config.totalSteps();
  }

  @Override
  protected Change change(Linear at, Leaves own) {
    int rank = config.ranks().getOrDefault(at.name(), config.initRank());
    Tensor a = own.trained("lora_A", () -> Tensors.normal(0, .02, rank, at.in()), rank, at.in());
    Tensor b = own.trained("lora_B", () -> Tensors.normal(0, .02, at.out(), rank), at.out(), rank);
    Tensor e = own.trained("lora_E", () -> Tensors.zeros(rank, 1), rank, 1);
    double alpha = config.alpha() > 0 ? config.alpha() : config.initRank();
    Triple triple =
        new Triple(
            a,
            e,
            b,
            own.internal("mask", () -> Tensors.ones(rank, 1)),
            Sensitivity.of("lora_A", a, own),
            Sensitivity.of("lora_E", e, own),
            Sensitivity.of("lora_B", b, own),
            alpha / (config.initRank() + EPSILON),
            config.dropout());
    triples.put(at.name(), triple);
    return triple;
  }

  /** The mean distance of A Aᵀ and Bᵀ B from the identity, times its weight. */
  @Override
  public @Nullable Tensor regularizer() {
    if (config.orthRegWeight() == 0) {
      return null;
    }
    List<Tensor> distances = new ArrayList<>();
    for (Triple triple : triples.values()) {
      distances.add(distance(triple.a().matmul(triple.a().t())));
      distances.add(distance(triple.b().t().matmul(triple.b())));
    }
    return Tensors.stack(distances, 0).mean().mul(config.orthRegWeight());
  }

  private static Tensor distance(Tensor covariance) {
    return Linalg.norm(covariance.sub(Tensors.eye(covariance.size(0))));
  }

  @Override
  public void stepped(int step, int total) {
    totalSteps = config.totalSteps() > 0 ? config.totalSteps() : total;
    if (config.tinit() >= totalSteps - config.tfinal()) {
      throw new HoneException(
          "method.tinit and method.tfinal leave none of the "
              + totalSteps
              + " steps to take ranks away in; make them smaller");
    }
    allocator.stepped(step, totalSteps);
  }

  // Files: ranks that were taken away are not written

  @Override
  protected Map<String, Tensor> saved() {
    Map<String, Tensor> tensors = new LinkedHashMap<>(super.saved());
    triples.forEach(
        (name, triple) -> {
          String at = PREFIX + name + ".";
          Tensor kept = kept(triple);
          if (kept.size(0) < triple.e().size(0)) {
            tensors.put(at + "lora_A", triple.a().indexSelect(0, kept));
            tensors.put(at + "lora_B", triple.b().indexSelect(1, kept));
            tensors.put(at + "lora_E", triple.e().indexSelect(0, kept));
          }
        });
    return tensors;
  }

  private static Tensor kept(Triple triple) {
    float[] mask = triple.mask().toFloats();
    long[] kept =
        java.util.stream.LongStream.range(0, mask.length).filter(i -> mask[(int) i] > 0).toArray();
    return Tensors.of(kept, kept.length);
  }

  /** PEFT's form: which of the first ranks are left, by name of their values. */
  private @Nullable Map<String, List<Boolean>> rankPattern() {
    Map<String, List<Boolean>> pattern = new LinkedHashMap<>();
    boolean reduced = false;
    for (Map.Entry<String, Triple> entry : triples.entrySet()) {
      float[] mask = entry.getValue().mask().toFloats();
      List<Boolean> left = new ArrayList<>();
      for (int i = 0; i < config.initRank(); i++) {
        left.add(i < mask.length && mask[i] > 0);
      }
      reduced |= left.contains(false);
      pattern.put(entry.getKey() + ".lora_E", left);
    }
    return reduced ? pattern : null;
  }

  @Override
  protected Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>(super.fields());
    fields.put("fan_in_fan_out", fanInFanOut());
    fields.put("rank_pattern", rankPattern());
    int written = (Integer) Objects.requireNonNull(fields.get("total_step"));
    fields.put("total_step", Math.max(totalSteps, written));
    return fields;
  }
}
