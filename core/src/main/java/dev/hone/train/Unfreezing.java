package dev.hone.train;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.OneOf;
import dev.hone.config.Range;
import java.util.ArrayList;
import java.util.List;

/** Which groups of layers train when. Groups are counted from 0, the lowest. */
@OneOf({Unfreezing.AtOnce.class, Unfreezing.Gradual.class, Unfreezing.ChainThaw.class})
public sealed interface Unfreezing {

  /**
   * Steps in which the same groups train.
   *
   * @param begin first step, counted from 0
   * @param end the step after the last
   * @param lowest first group that trains
   * @param highest last group that trains
   */
  record Phase(int begin, int end, int lowest, int highest) {
    int steps() {
      return end - begin;
    }
  }

  /**
   * The phases of a run, without those that it is too short for; the last one lasts to its end.
   *
   * @param groups how many there are
   * @param total steps of the run
   */
  List<Phase> phases(int groups, int stepsPerEpoch, int total);

  /** Whether the course of the rate begins anew with each phase. */
  default boolean restart() {
    return false;
  }

  /** Everything from the first step. */
  @Name("at-once")
  @Doc("Everything that trains does so from the first step")
  record AtOnce() implements Unfreezing {
    public static AtOnce defaults() {
      return new AtOnce();
    }

    @Override
    public List<Phase> phases(int groups, int stepsPerEpoch, int total) {
      return List.of(new Phase(0, total, 0, groups - 1));
    }
  }

  /** Gradual unfreezing (arXiv:1801.06146, section 3.3). */
  @Name("gradual")
  @Doc("First the top group alone, then one more at a time from the top down, as in ULMFiT")
  record Gradual(
      @Doc("Epochs until the next group joins; the last number holds for all that follow")
          @Range(min = 0.001, max = 10000)
          List<Double> epochs,
      @Doc("Whether the course of the rate begins anew with each group, as in ULMFiT's program")
          boolean restart)
      implements Unfreezing {
    public Gradual {
      requireEpochs(epochs);
    }

    public static Gradual defaults() {
      return new Gradual(List.of(1.0), false);
    }

    @Override
    public List<Phase> phases(int groups, int stepsPerEpoch, int total) {
      List<int[]> ranges = new ArrayList<>();
      for (int lowest = groups - 1; lowest >= 0; lowest--) {
        ranges.add(new int[] {lowest, groups - 1});
      }
      return timed(ranges, epochs, stepsPerEpoch, total);
    }
  }

  /** Chain-thaw (arXiv:1708.00524, section 3.3). */
  @Name("chain-thaw")
  @Doc(
      "The top group alone, then each other one alone from the bottom up, then all, as in DeepMoji")
  record ChainThaw(
      @Doc("Epochs of each group; the last number holds for all that follow")
          @Range(min = 0.001, max = 10000)
          List<Double> epochs,
      @Doc("Whether the course of the rate begins anew with each group") boolean restart)
      implements Unfreezing {
    public ChainThaw {
      requireEpochs(epochs);
    }

    public static ChainThaw defaults() {
      return new ChainThaw(List.of(1.0), false);
    }

    @Override
    public List<Phase> phases(int groups, int stepsPerEpoch, int total) {
      List<int[]> ranges = new ArrayList<>();
      if (groups > 1) {
        ranges.add(new int[] {groups - 1, groups - 1});
        for (int alone = 0; alone < groups - 1; alone++) {
          ranges.add(new int[] {alone, alone});
        }
      }
      ranges.add(new int[] {0, groups - 1});
      return timed(ranges, epochs, stepsPerEpoch, total);
    }
  }

  private static void requireEpochs(List<Double> epochs) {
    if (epochs.isEmpty()) {
      throw new IllegalArgumentException("epochs is empty; give one number, or one for each group");
    }
  }

  private static List<Phase> timed(
      List<int[]> ranges, List<Double> epochs, int stepsPerEpoch, int total) {
    List<Phase> phases = new ArrayList<>();
    int begin = 0;
    for (int i = 0; i < ranges.size() && begin < total; i++) {
      double own = epochs.get(Math.min(i, epochs.size() - 1));
      int steps = Math.max(1, (int) Math.round(own * stepsPerEpoch));
      int end = i == ranges.size() - 1 ? total : Math.min(total, begin + steps);
      phases.add(new Phase(begin, end, ranges.get(i)[0], ranges.get(i)[1]));
      begin = end;
    }
    return phases;
  }
}
