package dev.hone.run;

import dev.hone.error.HoneException;
import dev.hone.store.AtomicFiles;
import dev.hone.train.StepReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * {@code metrics.jsonl}: a line a step, and a line a validation. What a resumed run computes again
 * is first taken out, so that every step stands once.
 */
public final class MetricsLog {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;

  public MetricsLog(Path file) {
    this.file = file;
  }

  /** Forgets all lines after a step: where a resumed run begins. */
  public void keepUpTo(int step) {
    if (Files.exists(file)) {
      StringBuilder kept = new StringBuilder();
      for (JsonNode line : lines()) {
        if (line.path("step").asInt() <= step) {
          kept.append(line).append('\n');
        }
      }
      AtomicFiles.write(file, kept.toString());
    }
  }

  /** Writes down what a training tells, and passes it on. */
  RunListener before(RunListener listener) {
    return new Forwarding() {
      @Override
      public RunListener to() {
        return listener;
      }

      @Override
      public void step(StepReport report) {
        MetricsLog.this.step(report);
        listener.step(report);
      }

      @Override
      public void validated(int step, double loss, boolean best, Map<String, Double> measures) {
        MetricsLog.this.validated(step, loss, measures);
        listener.validated(step, loss, best, measures);
      }
    };
  }

  public void step(StepReport r) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("step", r.step());
    line.put("epoch", r.epoch());
    line.put("loss", r.loss());
    line.put("rate", r.rate());
    line.put("grad_norm", r.gradNorm());
    line.put("tokens", r.tokens());
    line.put("seconds", r.seconds());
    line.put("tokens_per_s", r.tokens() / r.seconds());
    line.putAll(r.measures());
    append(line);
  }

  public void validated(int step, double loss, Map<String, Double> measures) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("step", step);
    line.put("validation_loss", loss);
    line.putAll(measures);
    append(line);
  }

  private void append(Map<String, Object> line) {
    String text = JSON.writeValueAsString(line) + "\n";
    write(
        () -> Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
  }

  /** All lines; one that a killed process left unfinished is skipped. */
  public List<JsonNode> lines() {
    List<JsonNode> lines = new ArrayList<>();
    try {
      for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
        try {
          lines.add(JSON.readTree(line));
        } catch (JacksonException e) {
          continue;
        }
      }
    } catch (IOException e) {
      throw new HoneException("cannot read " + file + ": " + e.getMessage(), e);
    }
    return lines;
  }

  /** Seconds of all steps that stand in the log. */
  public double trainSeconds() {
    return lines().stream().mapToDouble(l -> l.path("seconds").asDouble(0)).sum();
  }

  private interface Write {
    void run() throws IOException;
  }

  private void write(Write write) {
    try {
      write.run();
    } catch (IOException e) {
      throw new HoneException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }
}
