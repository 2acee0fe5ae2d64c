package dev.hone.inspect;

import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.model.Storage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The memory that a model takes, by a formula: its weights, gradients of what trains, AdamW's two
 * moments, and what the backward pass needs of the forward pass, which is about one input and one
 * output for each linear of a layer. A real run differs by what the engine keeps for itself.
 *
 * @param method {@code generate} for use without training
 * @param dtype how the base's matrices are kept; one at a time is made F32
 * @param trainable parameters that train
 * @param weights bytes, as are all that follow; adapters included
 * @param activations for one batch; of generating, the key and value cache
 */
public record MemoryEstimate(
    String method,
    String dtype,
    long trainable,
    long weights,
    long gradients,
    long moments,
    long activations,
    long total) {
  /** The engine, its thread pools and the JVM. */
  private static final long PROGRAM = 350L << 20;

  private static final long F32 = 4;

  /**
   * What an estimate is for.
   *
   * @param batch rows at once
   * @param tokens of a row; the model's context where that is shorter
   * @param rank of LoRA on all linears
   */
  public record Load(int batch, int tokens, int rank) {
    public static final Load USUAL = new Load(8, 512, 8);
  }

  /**
   * @param outline whose shapes count
   */
  static List<MemoryEstimate> of(Model outline, Load load) {
    List<Linear> linears =
        outline.linears().values().stream().filter(l -> !Part.layer(l.name()).isEmpty()).toList();
    long widths = linears.stream().mapToLong(l -> l.in() + l.out()).sum();
    long caches =
        linears.stream()
            .filter(l -> l.name().matches(".*[._](k|key|v|value)(_proj|_lin)?"))
            .mapToLong(Linear::out)
            .sum();
    int tokens = Math.min(load.tokens(), outline.backbone().maxPositions());
    long perToken = F32 * load.batch() * tokens;
    long all = outline.parameterCount();
    long biases = sum(outline, p -> p.name().endsWith("bias"));
    long norms = sum(outline, p -> Part.of(p.name()) == Part.NORMS);
    long base = F32 * all;
    long added = load.rank() * widths;
    List<MemoryEstimate> estimates = new ArrayList<>();
    estimates.add(estimate("generate", Storage.FLOAT32, base, 0, 0, perToken * caches));
    estimates.add(estimate("full", Storage.FLOAT32, base, 0, all, perToken * widths));
    estimates.add(estimate("lora", Storage.FLOAT32, base, added, added, perToken * widths));
    estimates.add(estimate("bitfit", Storage.FLOAT32, base, 0, biases, perToken * widths));
    estimates.add(estimate("ln_tuning", Storage.FLOAT32, base, 0, norms, perToken * widths));
    for (Storage storage : List.of(Storage.BFLOAT16, Storage.INT8, Storage.NF4)) {
      long kept = bytes(outline, storage);
      long activations = perToken * widths + F32 * largestMatrix(outline);
      estimates.add(estimate("lora", storage, kept, added, added, activations));
    }
    return estimates;
  }

  private static long bytes(Model model, Storage storage) {
    return model.parameters().stream()
        .mapToLong(
            p -> {
              double each = p.value().rank() == 2 ? storage.bytesEach() : F32;
              return Math.round(each * p.value().numel());
            })
        .sum();
  }

  private static long largestMatrix(Model model) {
    return model.parameters().stream()
        .filter(p -> p.value().rank() == 2)
        .mapToLong(p -> p.value().numel())
        .max()
        .orElse(0);
  }

  private static long sum(Model model, Predicate<Parameter> which) {
    return model.parameters().stream().filter(which).mapToLong(p -> p.value().numel()).sum();
  }

  private static MemoryEstimate estimate(
      String method, Storage storage, long base, long added, long trainable, long activations) {
    long weights = base + F32 * added;
    long gradients = F32 * trainable;
    long moments = 2 * F32 * trainable;
    return new MemoryEstimate(
        method,
        storage.word(),
        trainable,
        weights,
        gradients,
        moments,
        activations,
        PROGRAM + weights + gradients + moments + activations);
  }
}
