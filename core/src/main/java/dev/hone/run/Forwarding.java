package dev.hone.run;

import dev.hone.evaluate.Measures;
import dev.hone.evaluate.ResultLine;
import dev.hone.train.StepReport;
import java.nio.file.Path;
import java.util.Map;

/** Passes everything on; who does something besides overrides that alone. */
interface Forwarding extends RunListener {
  /** Who hears it in the end. */
  RunListener to();

  @Override
  default void opened(Path folder, boolean resumed) {
    to().opened(folder, resumed);
  }

  @Override
  default void stage(String name, int number, int of) {
    to().stage(name, number, of);
  }

  @Override
  default void finished(RunResult stage) {
    to().finished(stage);
  }

  @Override
  default void phase(String name) {
    to().phase(name);
  }

  @Override
  default void progress(int done, int total) {
    to().progress(done, total);
  }

  @Override
  default void moved(long done, long total) {
    to().moved(done, total);
  }

  @Override
  default void scored(ResultLine line) {
    to().scored(line);
  }

  @Override
  default void scored(Measures measures) {
    to().scored(measures);
  }

  @Override
  default void step(StepReport report) {
    to().step(report);
  }

  @Override
  default void note(String line) {
    to().note(line);
  }

  @Override
  default void validated(int step, double loss, boolean best, Map<String, Double> measures) {
    to().validated(step, loss, best, measures);
  }

  @Override
  default void checkpointed(int step) {
    to().checkpointed(step);
  }
}
