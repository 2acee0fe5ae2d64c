package dev.hone.train;

import java.util.Map;

/** Hears how a run goes on. */
public interface TrainListener {
  default void step(StepReport report) {}

  /** Something worth one line. */
  default void note(String line) {}

  /**
   * @param step steps done
   * @param loss mean over the validation labels
   * @param best whether it is the lowest so far
   */
  default void validated(int step, double loss, boolean best) {}

  /** The same with what the objective has seen beside the loss. */
  default void validated(int step, double loss, boolean best, Map<String, Double> measures) {
    validated(step, loss, best);
  }

  default void checkpointed(int step) {}
}
