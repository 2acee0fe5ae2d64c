package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.data.Batch;
import dev.hone.data.Target;
import dev.hone.data.TokenRow;
import dev.hone.method.Full;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A step's loss and gradients are the same in parts of any size and next to any row. */
class HeadObjectiveTest {
  private static final int K = 3;

  private static int[] labels(int[] ids, Random random, int among) {
    int[] labels = new int[ids.length];
    Arrays.setAll(labels, t -> t % 3 == 1 ? random.nextInt(among) : (int) Batch.IGNORE);
    return labels;
  }

  private static final Map<String, BiFunction<int[], Random, Target>> TARGETS =
      new LinkedHashMap<>();

  static {
    TARGETS.put("BertForTokenClassification", (ids, r) -> new Target.Tokens(labels(ids, r, K)));
    TARGETS.put("BertForMaskedLM", (ids, r) -> new Target.Tokens(labels(ids, r, TinyModels.VOCAB)));
    TARGETS.put(
        "BertForQuestionAnswering",
        (ids, r) -> {
          int first = r.nextInt(ids.length);
          return new Target.Span(first, first + r.nextInt(ids.length - first));
        });
    TARGETS.put(
        "BertForSequenceClassification",
        (ids, r) -> new Target.Numbers(new float[] {r.nextInt(2), r.nextInt(2), r.nextInt(2)}));
  }

  private static List<TokenRow> rows(String architecture) {
    Random random = new Random(5);
    List<TokenRow> rows = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      if (architecture.endsWith("MultipleChoice")) {
        TokenRow first = row(random, null);
        rows.add(
            new TokenRow(
                first.ids(),
                first.learned(),
                random.nextInt(3),
                "f:" + i,
                List.of(row(random, null), row(random, null)),
                Objects.requireNonNull(first.types()),
                null));
      } else {
        rows.add(row(random, TARGETS.get(architecture)));
      }
    }
    return rows;
  }

  private static TokenRow row(Random random, @Nullable BiFunction<int[], Random, Target> target) {
    int[] ids = random.ints(3 + random.nextInt(9), 5, TinyModels.VOCAB).toArray();
    int[] types = random.ints(ids.length, 0, 2).toArray();
    return new TokenRow(
        ids,
        new boolean[ids.length],
        -1,
        "f:1",
        List.of(),
        types,
        target == null ? null : target.apply(ids, random));
  }

  private record Step(double loss, Map<String, float[]> gradients) {}

  private static Step step(Model model, Objective objective, List<TokenRow> rows, int at) {
    Map<String, float[]> gradients = new LinkedHashMap<>();
    double sum = 0;
    long all = objective.count(Batch.of(rows, 0));
    try (Full full = new Full(model)) {
      for (int from = 0; from < rows.size(); from += at) {
        try (Scope scope = Scope.open();
            GradMode on = GradMode.on()) {
          Batch part = Batch.of(rows.subList(from, Math.min(rows.size(), from + at)), 0);
          sum += objective.learn(model, Pass.plain().with(full), part, 0, 1.0 / all);
        }
      }
      try (Scope scope = Scope.open()) {
        full.trainable()
            .forEach(
                (name, leaf) -> {
                  if (leaf.grad() != null) {
                    gradients.put(name, leaf.grad().toFloats());
                  }
                });
      }
    }
    return new Step(sum / all, gradients);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "BertForTokenClassification",
        "BertForMaskedLM",
        "BertForQuestionAnswering",
        "BertForSequenceClassification",
        "BertForMultipleChoice"
      })
  void partsAddUpToTheWhole(String architecture) {
    String extra =
        architecture.endsWith("QuestionAnswering")
            ? "{}"
            : "{'num_labels': 3, 'problem_type': 'multi_label_classification'}";
    Objective objective =
        architecture.endsWith("MaskedLM") ? new MaskedLmObjective() : new HeadObjective();
    List<TokenRow> rows = rows(architecture);
    try (Model model = TinyModels.random(TinyEncoders.config(architecture, extra))) {
      Step whole = step(model, objective, rows, rows.size());
      assertTrue(whole.gradients().size() > 10);
      for (int at : new int[] {1, 2, 4}) {
        Step parts = step(model, objective, rows, at);
        assertEquals(whole.loss(), parts.loss(), 1e-5);
        whole
            .gradients()
            .forEach(
                (name, gradient) ->
                    assertTrue(
                        TinyModels.distance(
                                gradient, parts.gradients().getOrDefault(name, new float[0]))
                            < 1e-5,
                        name));
      }
    }
  }
}
