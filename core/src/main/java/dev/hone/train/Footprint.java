package dev.hone.train;

import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.method.Method;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.Cpu;
import dev.hone.tensor.Engine;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The memory and the time that training takes, measured here with rows of the run.
 *
 * <p>What a step needs beside weights, gradients and moments grows with the tokens that are
 * computed at once, and by how much depends on model, method and engine. So two micro-batches of
 * different size are computed as in training, and the line through both is followed.
 *
 * @param fixed bytes with no token: program, weights, and gradients and moments as far as they are
 *     kept in memory
 * @param perToken bytes for each padded token of the largest micro-batch
 * @param secondsPerToken of forward and backward pass
 */
public record Footprint(long fixed, double perToken, double secondsPerToken) {
  /** AdamW keeps a mean and a variance in F32 for each number that trains. */
  private static final long MOMENTS = 8;

  /**
   * What the allocator cannot use again, as a share of what grows with the tokens: rows of other
   * lengths leave other gaps.
   */
  private static final double GAPS = 1.25;

  /** What one micro-batch took. */
  private record Sample(long tokens, long peak, double seconds) {}

  /**
   * Computes gradients two times and forgets them; method and objective are as before.
   *
   * @param rows the largest micro-batch, or as much of it as may be tried
   * @throws HoneException where the system does not tell how much memory a process took
   */
  public static Footprint measure(
      Model model, Method method, Objective objective, TrainConfig config, List<TokenRow> rows) {
    int two = Math.min(2, rows.size()); // batch norms need more than one
    int few = Math.max(two, Math.ceilDiv(rows.size(), 4));
    try (Scope scope = Scope.open()) {
      Map<String, Tensor> remembered = new LinkedHashMap<>();
      method.state().forEach((name, tensor) -> remembered.put(name, tensor.copy()));
      Map<String, Tensor> carried = objective.state();
      try {
        sample(model, method, objective, config, rows.subList(0, two)); // the first warms up
        Sample small = sample(model, method, objective, config, rows.subList(0, few));
        Sample large = sample(model, method, objective, config, rows);
        return of(small, large, config.momentsOnDisk() ? 0 : MOMENTS * method.trainableCount());
      } finally {
        method.trainable().values().forEach(Tensor::clearGrad);
        method.state().forEach((n, t) -> t.copyFrom(Objects.requireNonNull(remembered.get(n))));
        objective.restore(carried);
        Engine.giveBackMemory();
        boolean ignored = Cpu.forgetPeak(); // what was tried is no part of the run
      }
    }
  }

  /**
   * The line through both, or, of a micro-batch that has no smaller one, from what is left of it.
   */
  private static Footprint of(Sample small, Sample large, long moments) {
    Engine.giveBackMemory();
    boolean one = large.tokens == small.tokens;
    long least = one ? Cpu.residentBytes() : small.peak;
    long tokens = one ? large.tokens : large.tokens - small.tokens;
    double perToken = Math.max(0, (double) (large.peak - least) / tokens);
    return new Footprint(
        large.peak - Math.round(perToken * large.tokens) + moments,
        GAPS * perToken,
        large.seconds / large.tokens);
  }

  private static Sample sample(
      Model model, Method method, Objective objective, TrainConfig config, List<TokenRow> rows) {
    Engine.giveBackMemory();
    if (!Cpu.forgetPeak()) {
      throw new HoneException(
          "memory cannot be measured on this system (it needs Linux and /proc/self/clear_refs);"
              + " leave out 'memory' and --dry-run");
    }
    long begun = System.nanoTime();
    Batch batch = Batch.of(rows, 0);
    Objective all = objective.over(model, method, rows, rows.size(), 0);
    try (Scope scope = Scope.open();
        GradMode on = GradMode.on()) {
      Pass pass = Pass.plain().with(trained(method, config)).train(config.dropout());
      if (config.packs()) {
        pass = pass.packing();
      }
      double ignored =
          all.learn(
              model,
              config.gradientCheckpointing() ? pass.checkpointing(1) : pass,
              batch,
              config.labelSmoothing(),
              1.0 / Math.max(1, all.count(batch)));
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    return new Sample(tokens(rows, config.packs()), Cpu.peakResidentBytes(), seconds);
  }

  /** Gradients go here where they go in training, though nothing moves. */
  private static Adapter trained(Method method, TrainConfig config) {
    Map<String, Tensor> trained = method.trainable();
    return config.optimizerInBackward()
        ? new GradientWatch(
            method, trained, name -> Objects.requireNonNull(trained.get(name)).clearGrad())
        : method;
  }

  /** Tokens of a micro-batch, with the padding where there is any. */
  public static long tokens(List<TokenRow> rows, boolean packed) {
    if (packed) {
      return rows.stream().mapToLong(row -> (long) row.sides().size() * row.length()).sum();
    }
    long width = rows.stream().mapToInt(TokenRow::length).max().orElse(0);
    return rows.size() * width * (rows.isEmpty() ? 1 : rows.getFirst().sides().size());
  }

  /** The peak of the process in bytes, with so many padded tokens computed at once. */
  public long peak(long tokens) {
    return fixed + Math.round(perToken * tokens);
  }
}
