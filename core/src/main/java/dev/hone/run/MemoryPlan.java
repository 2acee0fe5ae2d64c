package dev.hone.run;

import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.method.Method;
import dev.hone.model.Model;
import dev.hone.store.AtomicFiles;
import dev.hone.tensor.Cpu;
import dev.hone.train.BatchPlan;
import dev.hone.train.Footprint;
import dev.hone.train.MicroBatches;
import dev.hone.train.Objective;
import dev.hone.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * How a run fits into the memory that it may take. All choices give the same gradients; what they
 * cost is time. They are written into the run's folder, since a run that is taken up again must add
 * up in the same order.
 *
 * @param microTokens tokens computed at once
 * @param gradientCheckpointing whether layers are computed twice
 * @param momentsOnDisk whether the optimiser's moments lie in a file
 * @param peakBytes that the process will take
 * @param seconds of one pass over the training rows
 * @param choices what was changed, a sentence each
 */
public record MemoryPlan(
    int microTokens,
    boolean gradientCheckpointing,
    boolean momentsOnDisk,
    long peakBytes,
    double seconds,
    List<String> choices) {
  /** Tokens that are tried at most, so that trying takes seconds. */
  private static final int TRIED = 1024;

  private static final long MIB = 1 << 20;

  /**
   * @param limit bytes that the process may take
   * @param beside bytes of that which something else will take
   * @throws HoneException where nothing makes the run fit
   */
  static MemoryPlan of(
      TrainConfig wanted,
      Model model,
      Method method,
      Objective objective,
      BatchPlan plan,
      long limit,
      long beside) {
    long moments = 8 * method.trainableCount();
    long least = Cpu.residentBytes() + method.trainableCount() * 4 + beside;
    if (least > limit) {
      throw tooLarge(limit, least, "weights and gradients alone");
    }
    List<TokenRow> tried = largest(plan, wanted, TRIED);
    Footprint plain = Footprint.measure(model, method, objective, wanted, tried);
    long fits = tokens(plan, wanted, wanted.microTokens());
    long epoch = tokensOfEpoch(plan);
    if (plain.peak(fits) + beside <= limit) {
      return new MemoryPlan(
          wanted.microTokens(),
          wanted.gradientCheckpointing(),
          wanted.momentsOnDisk(),
          plain.peak(fits) + beside,
          plain.secondsPerToken() * epoch,
          List.of());
    }
    Footprint checkpointed =
        wanted.gradientCheckpointing()
            ? plain
            : Footprint.measure(
                model, method, objective, wanted.within(wanted.microTokens(), true, false), tried);
    // The cheapest first: smaller micro-batches, then moments on disk, then computing twice.
    for (boolean twice : new boolean[] {false, true}) {
      for (boolean disk : new boolean[] {false, true}) {
        Footprint footprint = twice ? checkpointed : plain;
        long spared = disk && !wanted.momentsOnDisk() ? moments : 0;
        long fixed = footprint.fixed() + beside - spared;
        long free = limit - fixed;
        int most = (int) Math.min(Integer.MAX_VALUE, (long) (free / footprint.perToken()));
        long used = most < 1 ? Long.MAX_VALUE : tokens(plan, wanted, most);
        if (used <= most) {
          return chosen(
              wanted,
              most,
              twice,
              spared,
              fixed + Math.round(footprint.perToken() * used),
              footprint.secondsPerToken() * epoch);
        }
      }
    }
    long longest = tokens(plan, wanted, 1);
    throw tooLarge(
        limit,
        checkpointed.peak(longest) + beside - (wanted.momentsOnDisk() ? 0 : moments),
        "its longest row of " + longest + " tokens, with every other means");
  }

  private static MemoryPlan chosen(
      TrainConfig wanted, int most, boolean twice, long spared, long peak, double seconds) {
    List<String> choices = new ArrayList<>();
    choices.add(
        "train.microTokens="
            + most
            + ": fewer tokens are computed at once, with the same gradients, a few percent slower");
    if (spared > 0) {
      choices.add(
          "train.momentsOnDisk=true: the optimiser's moments ("
              + spared / MIB
              + " MiB) are read and written in every step");
    }
    if (twice && !wanted.gradientCheckpointing()) {
      choices.add(
          "train.gradientCheckpointing=true: layers are computed twice, which takes about a third"
              + " more time");
    }
    return new MemoryPlan(
        most,
        twice || wanted.gradientCheckpointing(),
        spared > 0 || wanted.momentsOnDisk(),
        peak,
        seconds,
        choices);
  }

  private static HoneException tooLarge(long limit, long needed, String what) {
    return new HoneException(
        "the run does not fit into "
            + limit / MIB
            + " MiB: "
            + what
            + " take about "
            + needed / MIB
            + " MiB; shorten rows (data.maxTokens), train less (method.type=lora, or fewer"
            + " layers), take a smaller model, or allow more (memory)");
  }

  /** Padded tokens of the largest micro-batch of an epoch. */
  private static long tokens(BatchPlan plan, TrainConfig config, int microTokens) {
    return Footprint.tokens(largest(plan, config, microTokens), config.packs());
  }

  private static List<TokenRow> largest(BatchPlan plan, TrainConfig config, int microTokens) {
    List<TokenRow> largest = List.of();
    for (int step = 0; step < plan.stepsPerEpoch(); step++) {
      for (List<TokenRow> part :
          MicroBatches.of(plan.rows(step), config.microBatch(), microTokens, config.packs())) {
        if (Footprint.tokens(part, config.packs()) > Footprint.tokens(largest, config.packs())) {
          largest = part;
        }
      }
    }
    return largest;
  }

  private static long tokensOfEpoch(BatchPlan plan) {
    long tokens = 0;
    for (int step = 0; step < plan.stepsPerEpoch(); step++) {
      tokens += plan.rows(step).stream().mapToLong(TokenRow::length).sum();
    }
    return tokens;
  }

  TrainConfig applied(TrainConfig config) {
    return config.within(microTokens, gradientCheckpointing, momentsOnDisk);
  }

  void write(Path file) {
    AtomicFiles.write(file, JsonMapper.shared().writeValueAsString(this));
  }

  static MemoryPlan read(Path file) {
    try {
      return JsonMapper.shared().readValue(Files.readString(file), MemoryPlan.class);
    } catch (IOException | JacksonException e) {
      throw new HoneException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }
}
