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
import java.util.function.Function;
import java.util.stream.IntStream;
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

  /** This share of the bound stays free, since an estimate may err by as much. */
  private static final double RESERVE = 0.1;

  /**
   * @param bound bytes that the process may take
   * @param beside bytes of that which something else will take
   * @throws HoneException where nothing makes the run fit
   */
  static MemoryPlan of(
      TrainConfig wanted,
      Model model,
      Method method,
      Objective objective,
      BatchPlan plan,
      long bound,
      long beside) {
    long gradients = 4 * method.trainableCount();
    long alone = Cpu.residentBytes() + (wanted.optimizerInBackward() ? 0 : gradients) + beside;
    if (alone > limit(bound)) {
      throw tooLarge(bound, alone, "weights and gradients alone");
    }
    Work work = new Work(plan, wanted, model.head().mixesRows());
    List<TokenRow> tried = work.largest(TRIED);
    return of(
        work,
        gradients,
        config -> Footprint.measure(model, method, objective, config, tried),
        bound,
        beside);
  }

  /**
   * @param gradients bytes of them all; the moments are twice as much
   * @param measured what training that is configured so takes
   */
  static MemoryPlan of(
      Work work,
      long gradients,
      Function<TrainConfig, Footprint> measured,
      long bound,
      long beside) {
    long limit = limit(bound);
    TrainConfig wanted = work.config();
    boolean whole = work.whole();
    Footprint plain = measured.apply(wanted);
    int wantedTokens =
        wanted.tokensAtOnce() == 0 || whole ? Integer.MAX_VALUE : wanted.tokensAtOnce();
    long epoch = work.tokensOfEpoch();
    long peak =
        plain.peak(work.tokens(wantedTokens))
            + waiting(wanted, gradients, work.divides(wantedTokens))
            + beside;
    if (peak <= limit) {
      return new MemoryPlan(
          wanted.tokensAtOnce(),
          wanted.gradientCheckpointing(),
          wanted.momentsOnDisk(),
          peak,
          plain.secondsPerToken() * epoch,
          List.of());
    }
    Footprint checkpointed =
        wanted.gradientCheckpointing()
            ? plain
            : measured.apply(wanted.within(wanted.tokensAtOnce(), true, wanted.momentsOnDisk()));
    long moments = 2 * gradients;
    long others = beside + waiting(wanted, gradients, !whole);
    // The cheapest first: smaller micro-batches, then moments on disk, then computing twice.
    for (boolean twice : new boolean[] {false, true}) {
      for (boolean disk : new boolean[] {false, true}) {
        Footprint footprint = twice ? checkpointed : plain;
        long spared = disk && !wanted.momentsOnDisk() ? moments : 0;
        long fixed = footprint.fixed() + others - spared;
        long free = limit - fixed;
        long room = (long) (free / footprint.perToken());
        int most = whole ? wantedTokens : (int) Math.min(wantedTokens, room);
        long used = most < 1 ? Long.MAX_VALUE : work.tokens(most);
        if (used <= room) {
          return chosen(
              wanted,
              most < wantedTokens ? most : wanted.tokensAtOnce(),
              twice,
              spared,
              fixed + Math.round(footprint.perToken() * used),
              footprint.secondsPerToken() * epoch);
        }
      }
    }
    long least = work.tokens(1);
    throw tooLarge(
        bound,
        checkpointed.peak(least) + others - (wanted.momentsOnDisk() ? 0 : moments),
        (whole ? "a step's rows of " : "its longest row of ")
            + least
            + " tokens, with every other means");
  }

  private static long limit(long bound) {
    return Math.round((1 - RESERVE) * bound);
  }

  /** Gradients that would go on the way back, but wait for the last part of their step. */
  private static long waiting(TrainConfig config, long gradients, boolean divided) {
    return config.optimizerInBackward() && divided ? gradients : 0;
  }

  private static MemoryPlan chosen(
      TrainConfig wanted, int most, boolean twice, long spared, long peak, double seconds) {
    List<String> choices = new ArrayList<>();
    if (most != wanted.tokensAtOnce()) {
      choices.add(
          "train.microTokens="
              + most
              + ": fewer tokens are computed at once, with the same gradients, a few percent"
              + " slower");
    }
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

  private static HoneException tooLarge(long bound, long needed, String what) {
    return new HoneException(
        "the run does not fit into "
            + bound / MIB
            + " MiB: "
            + what
            + " take about "
            + needed / MIB
            + " MiB, and a tenth must stay free; shorten rows (data.maxTokens), train less (method.type=lora, or fewer"
            + " layers), take a smaller model, or allow more (memory)");
  }

  /**
   * The rows of a run, as they are computed.
   *
   * @param whole whether all rows of a step go together, whatever is chosen
   */
  record Work(BatchPlan plan, TrainConfig config, boolean whole) {
    /** Padded tokens of the largest micro-batch of an epoch. */
    long tokens(int microTokens) {
      return Footprint.tokens(largest(microTokens), config.packs());
    }

    List<TokenRow> largest(int microTokens) {
      List<TokenRow> largest = List.of();
      for (int step = 0; step < plan.stepsPerEpoch(); step++) {
        for (List<TokenRow> part : parts(plan.rows(step), microTokens)) {
          if (Footprint.tokens(part, config.packs()) > Footprint.tokens(largest, config.packs())) {
            largest = part;
          }
        }
      }
      return largest;
    }

    /** Whether some step is more than one micro-batch. */
    boolean divides(int microTokens) {
      return IntStream.range(0, plan.stepsPerEpoch())
          .anyMatch(step -> parts(plan.rows(step), microTokens).size() > 1);
    }

    private List<List<TokenRow>> parts(List<TokenRow> rows, int microTokens) {
      return whole
          ? List.of(rows)
          : MicroBatches.of(rows, config.microBatch(), microTokens, config.packs());
    }

    long tokensOfEpoch() {
      long tokens = 0;
      for (int step = 0; step < plan.stepsPerEpoch(); step++) {
        tokens += plan.rows(step).stream().mapToLong(TokenRow::length).sum();
      }
      return tokens;
    }
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
