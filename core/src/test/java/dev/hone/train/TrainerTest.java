package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.method.Full;
import dev.hone.method.Method;
import dev.hone.method.lora.Lora;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainerTest {

  private static final class Reports implements TrainListener {
    final List<StepReport> steps = new ArrayList<>();

    @Override
    public void step(StepReport report) {
      steps.add(report);
    }

    StepReport last() {
      return steps.getLast();
    }
  }

  /**
   * One step whose change of the weights is the gradient: Adam with an epsilon far above any
   * gradient divides by that alone.
   */
  private static Map<String, float[]> gradients(int microBatch, Reports reports, Objective by) {
    TrainConfig config =
        Toy.config(
            Map.of(
                "steps",
                1,
                "microBatch",
                microBatch,
                "rate",
                1e6,
                "epsilon",
                1e6,
                "warmup",
                0.0,
                "weightDecay",
                0.0,
                "clip",
                0.0,
                "dropout",
                0.0));
    List<TokenRow> rows = TinyModels.rows(3, 8);
    String architecture =
        by instanceof CausalLmObjective ? "LlamaForCausalLM" : "LlamaForSequenceClassification";
    String json =
        TinyModels.llamaConfig("{'architectures': ['" + architecture + "'], 'num_labels': 3}");
    try (Model model = TinyModels.random(json);
        Method method = new Full(model)) {
      Map<String, float[]> before = values(method);
      Trainer trainer = Toy.trainer(model, method, config, reports);
      Toy.with(Toy.with(trainer, Toy.plan(step -> rows)), by).run();
      Map<String, float[]> gradients = new LinkedHashMap<>();
      values(method)
          .forEach(
              (name, after) -> {
                float[] start = Objects.requireNonNull(before.get(name));
                for (int i = 0; i < after.length; i++) {
                  after[i] = start[i] - after[i];
                }
                gradients.put(name, after);
              });
      return gradients;
    }
  }

  private static Map<String, float[]> values(Method method) {
    Map<String, float[]> values = new LinkedHashMap<>();
    method.trainable().forEach((name, tensor) -> values.put(name, tensor.toFloats()));
    return values;
  }

  @ParameterizedTest
  @CsvSource({"1,true", "2,true", "3,true", "4,true", "1,false", "3,false"})
  void microBatchesOfAnySizeGiveTheSameGradients(int micro, boolean causal) {
    Objective objective = causal ? new CausalLmObjective() : new ClassificationObjective();
    Reports whole = new Reports();
    Reports split = new Reports();
    Map<String, float[]> expected = gradients(8, whole, objective);
    Map<String, float[]> actual = gradients(micro, split, objective);
    assertEquals(1, split.last().loss() / whole.last().loss(), 1e-6);
    assertEquals(1, split.last().gradNorm() / whole.last().gradNorm(), 1e-5);
    expected.forEach(
        (name, gradient) -> {
          double largest = 0;
          for (float g : gradient) {
            largest = Math.max(largest, Math.abs(g));
          }
          assertTrue(largest > 0, name);
          // Twice a float's rounding of weights around 1 is added by looking at differences.
          assertEquals(
              0,
              TinyModels.distance(gradient, Objects.requireNonNull(actual.get(name))),
              1e-5 * largest + 2.5e-7,
              name);
        });
  }

  /** The loss by plain loops over the logits of each row alone. */
  private static double loss(Model model, List<TokenRow> rows, double smoothing) {
    double sum = 0;
    long count = 0;
    for (TokenRow row : rows) {
      float[] logits;
      try (Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        logits = model.logits(TinyModels.inputs(row.ids()), Pass.plain()).toFloats();
      }
      for (int t = 1; t < row.length(); t++) {
        if (!row.learned()[t]) {
          continue;
        }
        int from = (t - 1) * TinyModels.VOCAB;
        double total = 0;
        double mean = 0;
        for (int v = 0; v < TinyModels.VOCAB; v++) {
          total += Math.exp(logits[from + v]);
          mean += logits[from + v] / (double) TinyModels.VOCAB;
        }
        double log = Math.log(total);
        sum += (1 - smoothing) * (log - logits[from + row.ids()[t]]) + smoothing * (log - mean);
        count++;
      }
    }
    return sum / count;
  }

  private static double firstLoss(Map<String, Object> changes, long seed) {
    Map<String, Object> all = new LinkedHashMap<>(Map.of("steps", 1, "microBatch", 3));
    all.putAll(changes);
    Reports reports = new Reports();
    try (Model model = TinyModels.gpt2();
        Lora lora = Lora.attach(LoraConfig.defaults(), model)) {
      Toy.with(Toy.trainer(model, lora, Toy.config(all), reports), seed).run();
    }
    return reports.last().loss();
  }

  @Test
  void theReportedLossIsTheMeanOverTheLearnedTokens() {
    List<TokenRow> rows = Toy.PLAN.rows(0);
    try (Model model = TinyModels.gpt2()) {
      double plain = loss(model, rows, 0);
      double smoothed = loss(model, rows, 0.2);
      assertEquals(plain, firstLoss(Map.of("dropout", 0.0), 1), 1e-5);
      assertEquals(smoothed, firstLoss(Map.of("dropout", 0.0, "labelSmoothing", 0.2), 1), 1e-5);
      assertTrue(Math.abs(plain - smoothed) > 1e-2);
    }
  }

  @Test
  void dropoutFollowsTheSeed() {
    double without = firstLoss(Map.of("dropout", 0.0), 1);
    double with = firstLoss(Map.of("dropout", 0.3), 1);
    assertNotEquals(without, with, 1e-3);
    assertEquals(with, firstLoss(Map.of("dropout", 0.3), 1));
    assertNotEquals(with, firstLoss(Map.of("dropout", 0.3), 2), 1e-4);
    assertNotEquals(without, firstLoss(Map.of("dropout", -1.0), 1), 1e-4, "GPT-2's own rate");
  }

  @Test
  void aRunLearns() {
    Reports reports = new Reports();
    TrainConfig config = Toy.config(Map.of("steps", 30, "rate", 1e-2, "warmup", 0.0));
    List<TokenRow> rows = TinyModels.rows(3, 4);
    try (Model model = TinyModels.llama();
        Lora lora = Lora.attach(LoraConfig.defaults(), model)) {
      Toy.with(Toy.trainer(model, lora, config, reports), Toy.plan(step -> rows)).run();
    }
    double first = reports.steps.getFirst().loss();
    assertTrue(reports.last().loss() < first / 3, first + " -> " + reports.last().loss());
    assertEquals(rows.stream().mapToInt(TokenRow::length).sum(), reports.last().tokens());
    assertEquals(30, reports.last().totalSteps());
    assertEquals(5.0, reports.last().epoch());
  }

  @Test
  void aStepLeavesNoNativeObjectBehind() {
    List<Long> counts = new ArrayList<>();
    TrainListener listener =
        new TrainListener() {
          @Override
          public void step(StepReport report) {
            counts.add(NativeMemory.objects());
          }
        };
    TrainConfig config = Toy.config(Map.of("steps", 20, "dropout", 0.1, "evaluateEvery", 3));
    long before = NativeMemory.objects();
    try (Model model = TinyModels.gpt2();
        Method method = new Full(model)) {
      Trainer trainer = Toy.trainer(model, method, config, listener);
      Toy.with(trainer, TinyModels.rows(1, 3), null, new StopSignal()).run();
    }
    assertEquals(before, NativeMemory.objects());
    assertEquals(1, counts.stream().distinct().count(), counts.toString());
  }

  @Test
  void gradientsAreClippedToTheirNorm() {
    Reports reports = new Reports();
    double[] moved = {0};
    for (double clip : new double[] {0, 0.25}) {
      TrainConfig config =
          Toy.config(
              Map.of(
                  "steps",
                  1,
                  "rate",
                  1e6,
                  "epsilon",
                  1e6,
                  "warmup",
                  0.0,
                  "weightDecay",
                  0.0,
                  "clip",
                  clip));
      try (Model model = TinyModels.llama();
          Method method = new Full(model)) {
        Map<String, float[]> before = values(method);
        Toy.trainer(model, method, config, reports).run();
        moved[0] = 0;
        values(method)
            .forEach(
                (name, after) -> {
                  float[] start = Objects.requireNonNull(before.get(name));
                  for (int i = 0; i < after.length; i++) {
                    moved[0] += Math.pow(after[i] - start[i], 2);
                  }
                });
      }
      double norm = clip == 0 ? reports.last().gradNorm() : clip;
      assertEquals(1, Math.sqrt(moved[0]) / norm, 1e-3, "clip " + clip);
    }
    assertEquals(reports.steps.get(0).gradNorm(), reports.steps.get(1).gradNorm(), 1e-9);
    assertTrue(reports.last().gradNorm() > 0.25);
  }

  @Test
  void validationDoesNotDependOnBatchesOrOrder() {
    List<TokenRow> rows = TinyModels.rows(8, 12);
    try (Model model = TinyModels.llama()) {
      double expected = loss(model, rows, 0);
      Random random = new Random(1);
      for (int size : new int[] {1, 3, 5, 12}) {
        List<TokenRow> shuffled = new ArrayList<>(rows);
        Collections.shuffle(shuffled, random);
        List<List<TokenRow>> batches = new ArrayList<>();
        for (int from = 0; from < 12; from += size) {
          batches.add(shuffled.subList(from, Math.min(12, from + size)));
        }
        double actual =
            Validation.loss(model, Adapter.NONE, new CausalLmObjective(), batches, size);
        assertEquals(expected, actual, 1e-6 * expected, "batches of " + size);
      }
    }
  }

  private static TokenRow mute(String origin) {
    return new TokenRow(new int[] {1, 2, 3}, new boolean[3], -1, origin);
  }

  @Test
  void aStepWithNothingToLearnIsRefused() {
    TrainConfig config = Toy.config(Map.of("steps", 3));
    BatchPlan plan =
        Toy.plan(step -> step == 1 ? List.of(mute("rows.jsonl:9")) : TinyModels.rows(step, 2));
    try (Model model = TinyModels.llama();
        Lora lora = Lora.attach(LoraConfig.defaults(), model)) {
      Trainer trainer = Toy.with(Toy.trainer(model, lora, config, new Reports()), plan);
      var refused = assertThrows(HoneException.class, trainer::run);
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.contains("step 2") && message.contains("rows.jsonl:9"), message);
      var validation =
          assertThrows(
              HoneException.class,
              () ->
                  Validation.loss(
                      model,
                      Adapter.NONE,
                      new CausalLmObjective(),
                      List.of(List.of(mute("valid.jsonl:4"))),
                      0));
      assertTrue(String.valueOf(validation.getMessage()).contains("valid.jsonl:4"));
    }
  }

  /** Rows without a label may stand beside others. */
  @Test
  void aRowWithNothingToLearnChangesNothing() {
    List<TokenRow> rows = TinyModels.rows(3, 3);
    List<TokenRow> more = new ArrayList<>(rows);
    more.add(1, mute("rows.jsonl:9"));
    List<Double> losses = new ArrayList<>();
    for (List<TokenRow> step : List.of(rows, more)) {
      Reports reports = new Reports();
      TrainConfig config = Toy.config(Map.of("steps", 1, "microBatch", 1));
      try (Model model = TinyModels.llama();
          Lora lora = Lora.attach(LoraConfig.defaults(), model)) {
        Toy.with(Toy.trainer(model, lora, config, reports), Toy.plan(s -> step)).run();
      }
      losses.add(reports.last().loss());
    }
    assertEquals(losses.get(0), losses.get(1), 1e-9);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 3})
  void aClassThatIsNoneIsRefused(int label) {
    List<TokenRow> rows =
        List.of(new TokenRow(new int[] {1, 2, 3}, new boolean[3], label, "rows.csv:17"));
    TrainConfig config = Toy.config(Map.of("steps", 1));
    try (Model model = TinyModels.bert("BertForSequenceClassification");
        Method method = new Full(model)) {
      Trainer plain = Toy.trainer(model, method, config, new Reports());
      Trainer trainer =
          Toy.with(Toy.with(plain, Toy.plan(s -> rows)), new ClassificationObjective());
      var refused = assertThrows(HoneException.class, trainer::run);
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.contains("rows.csv:17") && message.contains("" + label), message);
    }
  }

  @Test
  void theObjectivesCountWhatTheyAreMeanOver() {
    Batch batch = Batch.of(TinyModels.rows(3, 5), 0);
    assertEquals(batch.learnedTokens(), new CausalLmObjective().count(batch));
    assertEquals(5, new ClassificationObjective().count(batch));
  }
}
