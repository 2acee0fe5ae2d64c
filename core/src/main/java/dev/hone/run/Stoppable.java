package dev.hone.run;

import dev.hone.train.StopSignal;

/**
 * Ends a run's measuring where it is asked to stop; training stops by itself, after a checkpoint.
 */
record Stoppable(RunListener to, StopSignal stop) implements Forwarding {
  /** Work that can be done again was left. */
  static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1;

    Stopped() {
      super("asked to stop", null, false, false);
    }
  }

  @Override
  public void progress(int done, int total) {
    to.progress(done, total);
    if (stop.isRequested()) {
      throw new Stopped();
    }
  }
}
