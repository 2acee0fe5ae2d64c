package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.method.Full;
import dev.hone.method.Method;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.train.preference.Answer;
import dev.hone.train.preference.AnswerLogs;
import dev.hone.train.preference.DpoConfig;
import dev.hone.train.preference.KtoConfig;
import dev.hone.train.preference.OrpoConfig;
import dev.hone.train.preference.PreferenceConfig;
import dev.hone.train.preference.PreferenceObjective;
import dev.hone.train.preference.ReferenceLogs;
import dev.hone.train.preference.SimPoConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PreferenceTrainingTest {
  static List<PreferenceConfig> configs() {
    return List.of(
        new DpoConfig(0.3, DpoConfig.LossType.SIGMOID, 0.1, false),
        new DpoConfig(0.3, DpoConfig.LossType.IPO, 0, false),
        new OrpoConfig(0.5),
        new SimPoConfig(2, 0.5, 0, 0.3),
        new KtoConfig(0.5, KtoConfig.LossType.KTO, 1.2, 0.7),
        new KtoConfig(0.5, KtoConfig.LossType.APO_ZERO_UNPAIRED, 1, 1));
  }

  /** Pairs of unequal sides with one prompt, or single rows of which every other one is wanted. */
  private static List<TokenRow> rows(PreferenceConfig config, int count) {
    List<TokenRow> answers = TinyModels.rows(5, 2 * count);
    List<TokenRow> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      TokenRow one = answers.get(2 * i);
      TokenRow other = answers.get(2 * i + 1);
      other.ids()[0] = one.ids()[0];
      other.ids()[1] = one.ids()[1];
      rows.add(
          config instanceof KtoConfig
              ? new TokenRow(one.ids(), one.learned(), i % 2, one.origin())
              : new TokenRow(one.ids(), one.learned(), -1, one.origin(), other));
    }
    return rows;
  }

  /** A fully trained copy that has moved away from its base. */
  private static Method moved(Model model) {
    Method method = new Full(model);
    try (GradMode off = GradMode.off();
        Scope scope = Scope.open()) {
      int[] n = {0};
      method.trainable().values().forEach(p -> p.mulInPlace(1 + 0.05 * (++n[0] % 3)));
    }
    return method;
  }

  private static Map<String, float[]> gradients(Method method) {
    Map<String, float[]> gradients = new LinkedHashMap<>();
    try (Scope scope = Scope.open()) {
      method
          .trainable()
          .forEach(
              (name, p) -> gradients.put(name, Objects.requireNonNull(p.grad(), name).toFloats()));
    }
    method.trainable().values().forEach(Tensor::clearGrad);
    return gradients;
  }

  private static void assertClose(Map<String, float[]> expected, Map<String, float[]> actual) {
    expected.forEach(
        (name, values) -> {
          float largest = 0;
          for (float v : values) {
            largest = Math.max(largest, Math.abs(v));
          }
          assertTrue(largest > 0, name);
          assertArrayEquals(values, actual.get(name), 2e-5f * largest, name);
        });
  }

  /** By the chunked way through the head, in parts. */
  private static double learn(
      PreferenceConfig config, Model model, Method method, List<TokenRow> rows, int part) {
    Objective all =
        new PreferenceObjective(config, new ReferenceLogs()).over(model, method, rows, part, 0);
    double loss = 0;
    for (int from = 0; from < rows.size(); from += part) {
      Batch batch = Batch.of(rows.subList(from, Math.min(rows.size(), from + part)), 0);
      try (Scope scope = Scope.open();
          GradMode on = GradMode.on()) {
        loss += all.learn(model, Pass.plain().with(method), batch, 0, 0.5);
      }
    }
    return loss;
  }

  @ParameterizedTest
  @MethodSource("configs")
  void partsOfAnySizeGiveTheSameGradients(PreferenceConfig config) {
    List<TokenRow> rows = rows(config, 7);
    try (Model model = TinyModels.random(TinyModels.llamaConfig("{}"));
        Method method = moved(model)) {
      double whole = learn(config, model, method, rows, 7);
      Map<String, float[]> expected = gradients(method);
      for (int part : new int[] {1, 2, 3}) {
        assertEquals(whole, learn(config, model, method, rows, part), 1e-4);
        assertClose(expected, gradients(method));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void theGradientIsTheOneOfTheRecordedLoss(PreferenceConfig config) {
    List<TokenRow> rows = rows(config, 5);
    try (Model model = TinyModels.random(TinyModels.llamaConfig("{}"));
        Method method = moved(model);
        Scope scope = Scope.open()) {
      double loss = learn(config, model, method, rows, 5);
      Map<String, float[]> actual = gradients(method);
      Objective all =
          new PreferenceObjective(config, new ReferenceLogs()).over(model, method, rows, 5, 0);
      Batch batch = Batch.of(rows, 0);
      try (GradMode on = GradMode.on()) {
        Tensor recorded = all.lossSum(model, Pass.plain().with(method), batch, 0);
        assertEquals(loss, recorded.item(), 1e-4);
        recorded.mul(0.5).backward();
      }
      assertClose(gradients(method), actual);
      try (GradMode off = GradMode.off()) {
        assertEquals(loss, all.value(model, Pass.plain().with(method), batch), 1e-4);
      }
    }
  }

  @Test
  void theLikelihoodIsThatOfTheWholeBetterRows() {
    OrpoConfig config = new OrpoConfig(0.5);
    List<TokenRow> rows = rows(config, 4);
    try (Model model = TinyModels.random(TinyModels.llamaConfig("{}"));
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      double odds = 0;
      double likelihood = 0;
      int tokens = 0;
      for (TokenRow row : rows) {
        boolean[] every = new boolean[row.ids().length];
        java.util.Arrays.fill(every, true);
        Batch prompt = Batch.of(List.of(new TokenRow(row.ids(), every, -1, "")), 0);
        likelihood += new CausalLmObjective().value(model, Pass.plain(), prompt);
        tokens += row.ids().length - 1;
        Answer[] a = AnswerLogs.of(model, Adapter.NONE, Batch.of(List.of(row), 0), new double[2]);
        double c = a[0].logs() / a[0].tokens();
        double r = a[1].logs() / a[1].tokens();
        double logOdds = c - r - Math.log1p(-Math.exp(c)) + Math.log1p(-Math.exp(r));
        odds += 0.5 * Math.log1p(Math.exp(-logOdds));
      }
      Objective all =
          new PreferenceObjective(config, new ReferenceLogs())
              .over(model, Adapter.NONE, rows, 4, 0);
      assertEquals(
          4 * likelihood / tokens + odds, all.value(model, Pass.plain(), Batch.of(rows, 0)), 1e-4);
    }
  }

  @Test
  void theDivergenceIsOnTheAnswersOfOtherQuestions() {
    KtoConfig config = KtoConfig.defaults();
    List<TokenRow> rows = rows(config, 3);
    List<TokenRow> crossed = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      TokenRow answer = rows.get((i + 2) % 3); // the first two tokens are the question
      int[] ids = answer.ids().clone();
      ids[0] = rows.get(i).ids()[0];
      ids[1] = rows.get(i).ids()[1];
      crossed.add(new TokenRow(ids, answer.learned(), -1, ""));
    }
    try (Model model = TinyModels.random(TinyModels.llamaConfig("{}"));
        Method method = moved(model)) {
      Batch batch = Batch.of(crossed, 0);
      double sum = 0;
      for (Answer a : AnswerLogs.of(model, method, batch, new ReferenceLogs().of(model, batch))) {
        sum += a.logs() - a.reference();
      }
      Objective all =
          new PreferenceObjective(config, new ReferenceLogs()).over(model, method, rows, 2, 0);
      double kl = Objects.requireNonNull(all.measures().get("kl"));
      assertEquals(Math.max(0, sum / 3), kl, 1e-4);
    }
  }

  @Test
  void beforeTrainingNothingIsPreferred() {
    DpoConfig config = DpoConfig.defaults();
    List<TokenRow> rows = rows(config, 4);
    try (Model model = TinyModels.random(TinyModels.llamaConfig("{}"));
        Method method = new Full(model);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Objective all =
          new PreferenceObjective(config, new ReferenceLogs()).over(model, method, rows, 4, 0);
      Batch batch = Batch.of(rows, 0);
      assertEquals(4, all.count(batch));
      assertEquals(4 * Math.log(2), all.value(model, Pass.plain().with(method), batch), 1e-9);
      assertEquals(
          Map.of(
              "rewards/chosen", 0.0,
              "rewards/rejected", 0.0,
              "rewards/margins", 0.0,
              "rewards/accuracies", 0.0),
          all.measures());
    }
  }

  @Test
  void theTrainerTakesPairsApartOnlyBetweenPairs() {
    DpoConfig config = new DpoConfig(0.5, DpoConfig.LossType.SIGMOID, 0, false);
    List<TokenRow> rows = rows(config, 6);
    List<List<Double>> losses = new ArrayList<>();
    for (int micro : new int[] {0, 1, 4}) {
      List<Double> seen = new ArrayList<>();
      try (Model model = TinyModels.random(TinyModels.llamaConfig("{}"));
          Method method = new Full(model)) {
        TrainConfig train =
            Toy.config(Map.of("steps", 30, "microBatch", micro, "rate", 3e-3, "dropout", 0.0));
        TrainListener listener =
            new TrainListener() {
              @Override
              public void step(StepReport report) {
                seen.add(report.loss());
                seen.add(report.measures().get("rewards/accuracies"));
              }
            };
        Trainer trainer =
            Toy.with(Toy.trainer(model, method, train, listener), Toy.plan(step -> rows));
        Toy.with(trainer, new PreferenceObjective(config, new ReferenceLogs())).run();
      }
      losses.add(seen);
    }
    List<Double> whole = losses.getFirst();
    assertEquals(Math.log(2), whole.getFirst(), 1e-6);
    assertTrue(whole.get(whole.size() - 2) < 0.1, whole.toString());
    assertEquals(1, whole.getLast());
    for (List<Double> other : losses) {
      for (int i = 0; i < whole.size(); i += 2) {
        assertEquals(whole.get(i), other.get(i), 1e-3);
      }
    }
  }

  @Test
  void theReferenceIsAskedOnceAndKept(@TempDir Path folder) throws IOException {
    DpoConfig config = DpoConfig.defaults();
    Batch batch = Batch.of(rows(config, 3), 0);
    Path file = folder.resolve("reference.json");
    ReferenceLogs first = new ReferenceLogs();
    double[] sums;
    try (Model model = TinyModels.random(TinyModels.llamaConfig("{}"))) {
      sums = first.of(model, batch);
      assertEquals(6, sums.length);
      assertTrue(java.util.Arrays.stream(sums).allMatch(s -> s < 0));
    }
    first.save(file, "base");
    try (Model other = TinyModels.random(TinyModels.llamaConfig("{'initializer_range': 0.3}"))) {
      ReferenceLogs loaded = new ReferenceLogs();
      loaded.load(file, "base");
      assertArrayEquals(sums, loaded.of(other, batch));
      ReferenceLogs stranger = new ReferenceLogs();
      stranger.load(file, "another base");
      assertTrue(sums[0] != stranger.of(other, batch)[0]);
    }
    Files.writeString(file, "{\"base\":");
    assertThrows(HoneException.class, () -> new ReferenceLogs().load(file, "base"));
  }
}
