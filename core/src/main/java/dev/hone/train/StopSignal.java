package dev.hone.train;

/** Asks a run to write a checkpoint and stop after the current step. */
public final class StopSignal {
  private volatile boolean requested;

  public void request() {
    requested = true;
  }

  public boolean isRequested() {
    return requested;
  }
}
