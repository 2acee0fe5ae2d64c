package dev.hone.run;

import dev.hone.evaluate.Measures;
import dev.hone.evaluate.ResultLine;
import dev.hone.store.hub.Transfer;
import dev.hone.train.TrainListener;
import java.nio.file.Path;

/** Hears how a run goes on; every method may be left as it is. */
public interface RunListener extends TrainListener, Transfer {
  RunListener SILENT = new RunListener() {};

  /** The folder is known; {@code resumed} when an unfinished run is taken up. */
  default void opened(Path folder, boolean resumed) {}

  /** A stage of a run begins. */
  default void stage(String name, int number, int of) {}

  /** A stage is done, and its files are written. */
  default void finished(RunResult stage) {}

  /** A stretch of work begins, for example {@code zero_shot}. */
  default void phase(String name) {}

  /** How far the stretch is. */
  default void progress(int done, int total) {}

  /** Files are on their way from the Hub. */
  @Override
  default void moved(long done, long total) {}

  /** A line of the final table is known. */
  default void scored(ResultLine line) {}

  /** The same for a task with measures of its own. */
  default void scored(Measures measures) {}
}
