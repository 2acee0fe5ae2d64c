package dev.hone.run;

import dev.hone.evaluate.Measures;
import dev.hone.evaluate.ResultLine;
import dev.hone.train.StepReport;
import dev.hone.train.StopSignal;
import java.nio.file.Path;
import java.util.Map;

/**
 * Passes on what a run tells, and ends its measuring where it is asked to stop; training stops by
 * itself, after a checkpoint.
 */
record Stoppable(RunListener listener, StopSignal stop) implements RunListener {
  /** Work that can be done again was left. */
  static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1;

    Stopped() {
      super("asked to stop", null, false, false);
    }
  }

  @Override
  public void progress(int done, int total) {
    listener.progress(done, total);
    if (stop.isRequested()) {
      throw new Stopped();
    }
  }

  @Override
  public void step(StepReport report) {
    listener.step(report);
  }

  @Override
  public void note(String line) {
    listener.note(line);
  }

  @Override
  public void validated(int step, double loss, boolean best, Map<String, Double> measures) {
    listener.validated(step, loss, best, measures);
  }

  @Override
  public void checkpointed(int step) {
    listener.checkpointed(step);
  }

  @Override
  public void opened(Path folder, boolean resumed) {
    listener.opened(folder, resumed);
  }

  @Override
  public void stage(String name, int number, int of) {
    listener.stage(name, number, of);
  }

  @Override
  public void finished(RunResult stage) {
    listener.finished(stage);
  }

  @Override
  public void phase(String name) {
    listener.phase(name);
  }

  @Override
  public void moved(long done, long total) {
    listener.moved(done, total);
  }

  @Override
  public void scored(ResultLine line) {
    listener.scored(line);
  }

  @Override
  public void scored(Measures measures) {
    listener.scored(measures);
  }
}
