package dev.hone.train;

/** Hears how a run goes on. */
public interface TrainListener {
  default void step(StepReport report) {}

  /**
   * @param step steps done
   * @param loss mean over the validation labels
   * @param best whether it is the lowest so far
   */
  default void validated(int step, double loss, boolean best) {}

  default void checkpointed(int step) {}
}
