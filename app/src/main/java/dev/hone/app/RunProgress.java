package dev.hone.app;

import dev.hone.evaluate.Measures;
import dev.hone.evaluate.Measures.Measure;
import dev.hone.evaluate.ResultLine;
import dev.hone.run.RunListener;
import dev.hone.run.RunResult;
import dev.hone.train.StepReport;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Shows on the error stream how a run goes on. */
final class RunProgress implements RunListener, AutoCloseable {
  private final Console console;
  private String phase = "";
  private String unit = "";
  private @Nullable ProgressLine line;
  private @Nullable TransferLine transfer;
  private double smoothTokens;
  private String validation = "";

  RunProgress(Console console) {
    this.console = console;
  }

  @Override
  public void opened(Path folder, boolean resumed) {
    close();
    note((resumed ? "taking up " : "writing to ") + folder);
  }

  @Override
  public void note(String text) {
    if (line == null) {
      console.err().println(text);
    } else {
      line.note(text);
    }
  }

  @Override
  public void stage(String name, int number, int of) {
    close();
    note("stage " + number + " of " + of + ": " + name);
  }

  @Override
  public void finished(RunResult stage) {
    close();
    RunReports.write(stage);
  }

  @Override
  public void phase(String name) {
    close();
    phase = name;
    smoothTokens = 0;
    validation = "";
  }

  @Override
  public void moved(long done, long total) {
    if (transfer == null) {
      close();
      transfer = new TransferLine(console, "fetch");
    }
    transfer.moved(done, total);
  }

  @Override
  public void progress(int done, int total) {
    bar("row", 0, total).update(done);
  }

  @Override
  public void step(StepReport report) {
    double rate = report.tokens() / report.seconds();
    smoothTokens = smoothTokens == 0 ? rate : 0.9 * smoothTokens + 0.1 * rate;
    bar("step", report.step() - 1, report.totalSteps())
        .update(
            report.step(),
            String.format(Locale.ROOT, "loss %.3f", report.loss()) + validation,
            "rate " + Human.rate(report.rate()),
            Human.perSecond(smoothTokens, "tokens"));
  }

  @Override
  public void validated(int step, double loss, boolean best) {
    validation = String.format(Locale.ROOT, " (validation %.3f%s)", loss, best ? ", best" : "");
  }

  @Override
  public void scored(ResultLine result) {
    close();
    console
        .err()
        .printf(
            Locale.ROOT, "%s: accuracy %.1f %%%n", result.name(), 100 * result.accuracy().value());
  }

  @Override
  public void scored(Measures result) {
    close();
    Measure first = result.values().getFirst();
    console.err().println(result.name() + ": " + first.name() + " " + ResultText.text(first));
  }

  /** The line that counts this; one that counts something else is ended first. */
  private ProgressLine bar(String counted, int from, int total) {
    if (transfer != null) {
      close();
    }
    if (line != null && !counted.equals(unit)) {
      close();
    }
    if (line == null) {
      line = new ProgressLine(console, phase, counted, from, total);
      unit = counted;
    }
    return line;
  }

  @Override
  public void close() {
    if (line != null) {
      line.close();
      line = null;
    }
    if (transfer != null) {
      transfer.close();
      transfer = null;
    }
  }
}
