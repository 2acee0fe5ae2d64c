package dev.hone.inspect;

import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.model.Recurrent;
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
    List<MemoryEstimate> estimates = new ArrayList<>();
    long base = F32 * outline.parameterCount();
    estimates.add(estimate("generate", Storage.FLOAT32, base, 0, 0, cache(outline, load)));
    estimates.add(training("full", Storage.FLOAT32, outline, load, 0, outline.parameterCount()));
    if (outline.backbone() instanceof Recurrent) {
      return estimates;
    }
    long biases = sum(outline, p -> p.name().endsWith("bias"));
    long norms = sum(outline, p -> Part.of(p.name()) == Part.NORMS);
    long added = load.rank() * widths(outline);
    estimates.add(training("lora", Storage.FLOAT32, outline, load, added, added));
    estimates.add(training("bitfit", Storage.FLOAT32, outline, load, 0, biases));
    estimates.add(training("ln_tuning", Storage.FLOAT32, outline, load, 0, norms));
    for (Storage storage : List.of(Storage.BFLOAT16, Storage.INT8, Storage.NF4)) {
      estimates.add(training("lora", storage, outline, load, added, added));
    }
    return estimates;
  }

  /**
   * That of training in one way.
   *
   * @param added numbers that are kept beside the base
   */
  static MemoryEstimate training(
      String method, Storage storage, Model outline, Load load, long added, long trainable) {
    long unpacked = storage == Storage.FLOAT32 ? 0 : F32 * largestMatrix(outline);
    long activations = activations(outline, load) + unpacked;
    return estimate(method, storage, bytes(outline, storage), added, trainable, activations);
  }

  private static List<Linear> linears(Model outline) {
    return outline.linears().values().stream()
        .filter(l -> !Part.layer(l.name()).isEmpty())
        .toList();
  }

  private static long widths(Model outline) {
    return linears(outline).stream().mapToLong(l -> l.in() + l.out()).sum();
  }

  /** Bytes of one number for every token of a batch. */
  private static long perToken(Model outline, Load load) {
    return F32 * load.batch() * Math.min(load.tokens(), outline.backbone().maxPositions());
  }

  /** A recurrent model keeps no keys and values. */
  private static long cache(Model outline, Load load) {
    return perToken(outline, load)
        * linears(outline).stream()
            .filter(l -> l.name().matches(".*[._](k|key|v|value)(_proj|_lin)?"))
            .mapToLong(Linear::out)
            .sum();
  }

  /** Of a recurrent model only the windows that gradients go back over are remembered. */
  private static long activations(Model outline, Load load) {
    if (!(outline.backbone() instanceof Recurrent recurrent)) {
      return perToken(outline, load) * widths(outline);
    }
    long kept = Math.min(load.tokens(), Math.max(recurrent.window(), recurrent.pooled()));
    // What a layer reads, its four gates, its cell and what it gives.
    long widths =
        recurrent.layers().stream()
            .map(layer -> layer.weightIh().value())
            .mapToLong(w -> w.size(1) + w.size(0) * 6 / 4)
            .sum();
    return F32 * load.batch() * kept * widths;
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
